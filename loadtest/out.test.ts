import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readyDirectory, readyFile } from "./out.js";
import { program, Workplace } from "./programs.fixture.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "octofleet-out-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it("makes the directory that is named, and that of a file", async () => {
  await readyDirectory("--out", join(directory, "a", "b"));
  await readyFile("--out", join(directory, "c", "d.json"));
  for (const made of ["a/b", "c"]) expect((await stat(join(directory, made))).isDirectory()).toBe(true);
});

it("says what is wrong with a place where nothing can be written", async () => {
  const file = join(directory, "file");
  await writeFile(file, "");
  await expect(readyDirectory("--out", file)).rejects.toThrow(`--out: ${file} is no directory`);
  await expect(readyFile("--json", join(file, "x"))).rejects.toThrow(`--json: ${file} is no directory`);
  await expect(readyFile("--json", directory)).rejects.toThrow(`--json: ${directory} is there, and is no file`);
});

it.each([
  ["loadtest", ["main.js", "--out"]],
  ["a run with virtual proxies", ["main.js", "--virtual-proxies", "2", "--out"]],
  ["a bench", ["bench/main.js", "read", "--out"]],
  ["all benches", ["bench/main.js", "all", "--out"]],
  ["profile", ["profile/main.js", "read", "--out"]],
  ["chaos", ["chaos/main.js", "--json"]],
])("%s says so before it starts anything", async (_, [name, ...args]) => {
  const place = await Workplace.make();
  const file = join(directory, "file");
  await writeFile(file, "");
  const { code, stdout, stderr } = await place.run([program(name as string), ...args, join(file, "x")]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(stderr).toMatch(/is no directory in which files can be made \((ENOTDIR|EEXIST)\)/);
  expect(await place.leftBehind()).toEqual([]);
  await place.remove();
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mix } from "./mix.js";
import { MIXES, mixOf } from "./mixes.js";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "octofleet-mixes-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function fileWith(text: string): Promise<string> {
  const file = join(directory, "mix.json");
  await writeFile(file, text);
  return file;
}

describe("mixes", () => {
  it.each(Object.entries(MIXES))("%s keeps each session alive every 4 s", async (name, mix) => {
    expect(await mixOf(name)).toBe(mix);
    expect(mix).toMatchObject({ name, perClientPerS: { KeepAlive: 0.25 } });
    expect(Value.Check(Mix, mix)).toBe(true);
  });

  it("come from a file, too", async () => {
    const own = { ...MIXES.churn, name: "own" };
    expect(await mixOf(await fileWith(JSON.stringify(own)))).toEqual(own);
  });

  it.each([
    ["is no JSON", "{"],
    ["knows another operation", JSON.stringify({ ...MIXES.churn, perClientPerS: { Sleep: 1 } })],
    ["lacks something", JSON.stringify({ name: "own" })],
  ])("refuse a file that %s, in one sentence", async (_, text) => {
    const file = await fileWith(text);
    await expect(mixOf(file)).rejects.toThrow(/^.*mix\.json is no (JSON|mix): .+$/);
  });

  it("refuse what is neither", async () => {
    await expect(mixOf("chuby")).rejects.toThrow(/^chuby is no mix \(chubby, keepalive,/);
  });
});

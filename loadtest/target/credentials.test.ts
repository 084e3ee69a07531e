import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tokensFrom } from "./credentials.js";

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "octofleet-tokens-"));
  file = join(directory, "tokens");
  await writeFile(file, "# comment\n\nalice:one\n  two \nbob:one\n");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("tokens of a running cell", () => {
  it("come from a file with or without names, each once", async () => {
    expect(await tokensFrom(file, { OCTOFLEET_STATIC_TOKENS: "carol:three" })).toEqual(["one", "two"]);
  });

  it("come from the variables by which a master is told of them", async () => {
    expect(await tokensFrom(undefined, { OCTOFLEET_STATIC_TOKENS: "carol:three,dave:four" })).toEqual([
      "three",
      "four",
    ]);
    expect(await tokensFrom(undefined, { OCTOFLEET_STATIC_TOKENS_FILE: file })).toEqual(["one", "two"]);
  });

  it("are asked for in a sentence where there is none, which shows none", async () => {
    await expect(tokensFrom(undefined, {})).rejects.toThrow(/^--tokens-file or OCTOFLEET_STATIC_TOKENS is needed/);
    await expect(tokensFrom(join(directory, "no"), {})).rejects.toThrow(/cannot be read: ENOENT\.$/);
    await writeFile(join(directory, "empty"), "# nobody\n");
    await expect(tokensFrom(join(directory, "empty"), {})).rejects.toThrow(/holds no token/);
  });
});

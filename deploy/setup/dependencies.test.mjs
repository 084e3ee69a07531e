import { describe, expect, it } from "vitest";
import { agrees, explain } from "./dependencies.mjs";

const entry = (version, more = {}) => ({ version, integrity: `sha512-${version}`, ...more });

describe("what is installed", () => {
  const locked = { "": { name: "octofleet" }, "node_modules/a": entry("1.0.0"), "node_modules/b": entry("2.0.0") };
  const { "": _, ...installed } = locked;

  it("agrees with the lock when it is the same packages", () => {
    expect(agrees(locked, installed)).toBe(true);
  });

  it("may lack optional packages, which are for other platforms", () => {
    expect(agrees({ ...locked, "node_modules/c": entry("1.0.0", { optional: true }) }, installed)).toBe(true);
  });

  it("does not agree when one is missing, of another version, altered, or too many", () => {
    expect(agrees({ ...locked, "node_modules/c": entry("1.0.0") }, installed)).toBe(false);
    expect(agrees({ ...locked, "node_modules/a": entry("1.0.1") }, installed)).toBe(false);
    expect(agrees({ ...locked, "node_modules/a": { ...entry("1.0.0"), integrity: "x" } }, installed)).toBe(false);
    expect(agrees(locked, { ...installed, "node_modules/c": entry("1.0.0") })).toBe(false);
  });
});

describe("why npm ci failed", () => {
  it.each([
    [127, "", "npm was not found"],
    [1, "npm error code ENOTFOUND", "could not reach"],
    [1, "npm error code ENOSPC", "the disk is full"],
    [1, "npm error code EACCES", "must be writable"],
    [3, "npm error something else", "exit code 3"],
  ])("is said in a sentence: %s %s", (code, output, sentence) => {
    expect(explain(code, output)).toContain(sentence);
  });
});

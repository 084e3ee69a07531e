import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { edited, planted } from "./plant.js";
import { PLANTS } from "./plants.js";

const source = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");

describe("planted bugs", () => {
  it.each(PLANTS)("$name still applies to the sources", (plant) => {
    for (const [file, text] of planted(plant, source)) expect(text).not.toBe(source(file));
  });

  it("are of production code only", () => {
    for (const { file } of PLANTS.flatMap(({ edits }) => edits))
      expect(file).toMatch(/^(shared|master|proxy|client)\//);
  });

  it("have names of their own", () => {
    expect(new Set(PLANTS.map(({ name }) => name)).size).toBe(PLANTS.length);
  });

  it("say so when the sources have moved on, and when a context is ambiguous", () => {
    const edit = { file: "a.ts", before: "one", after: "two" };
    expect(edited("one, three", [edit])).toBe("two, three");
    expect(() => edited("three", [edit])).toThrow("is there 0 times");
    expect(() => edited("one, one", [edit])).toThrow("is there 2 times");
    expect(() => planted({ name: "p", text: "", edits: [edit] }, () => "")).toThrow("The plant p does not apply");
  });
});

import { describe, expect, it } from "vitest";
import type { Sample } from "../costs/sample.js";
import { type Compared, comparedText, comparisonOf } from "./verdict.js";

const sample = (proxy: number, master: number): Sample => {
  const cost = (cpuMicroseconds: number) => ({ cpuMicroseconds, calls: undefined, bytes: undefined });
  return { operationsPerS: 1, proxy: cost(proxy), master: cost(master) };
};

const compared: Compared = {
  load: "read",
  operation: "a read",
  pairs: [
    { this: sample(10, 0.1), other: sample(20, 0) },
    { this: sample(40, 0), other: sample(20, 0.2) },
    { this: sample(12, 0), other: sample(15, 0) },
  ],
};

describe("a comparison", () => {
  it("is made within the pairs", () => {
    expect(comparisonOf(compared, "proxy")).toEqual({ this: 12, other: 20, ratio: 0.8, least: 0.5, most: 2 });
  });

  it("leaves out a process that does nothing for the operation", () => {
    expect(comparisonOf(compared, "master")).toBeUndefined();
    const text = comparedText([compared], { this: "new", other: "old" });
    expect(text).toContain("a read: proxy");
    expect(text).not.toContain("master");
    expect(text).toMatch(/0\.80 *│ *0\.50–2\.00/);
  });
});

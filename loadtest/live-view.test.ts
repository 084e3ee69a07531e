import { describe, expect, it } from "vitest";
import { plainLine, tableLines } from "./live-view.js";

const sample = (masterRequestsPerS: number) => ({ masterCores: 0.25, masterRequestsPerS, readsPerS: 1, hitsPerS: 1 });
const SIDES = [
  {
    name: "direct" as const,
    progress: { done: 12_000, failed: 1, sessionsLost: 2 },
    samples: [sample(400), sample(800)],
  },
  { name: "proxied" as const, progress: { done: 11_000, failed: 0, sessionsLost: 0 }, samples: [sample(2)] },
];

describe("the live view", () => {
  it("is one line where there is no terminal", () => {
    expect(plainLine("measuring", 12.3, SIDES)).toBe(
      "measuring: 12 s, 23000 operations, 3 errors; at the master 800/s directly, 2/s through proxies",
    );
    expect(plainLine("warming up", 1, [{ ...SIDES[0], samples: [] }] as never)).not.toContain("master");
  });

  it("is a table with the masters' curves on a terminal, to one scale", () => {
    const [head, , direct, proxied] = tableLines("measuring", 60, 15, SIDES);
    expect(head).toBe(`measuring  ${"█".repeat(6)}${"░".repeat(18)}  15 of 60 s`);
    expect(direct).toMatch(/^directly +12,000 +3 +800\/s +25 % {2}▄█$/);
    expect(proxied).toMatch(/^through proxies +11,000 +0 +2\/s +25 % {2}▁$/);
  });

  it("says only what is being done while nobody is played", () => {
    expect(tableLines("looking at the cell", undefined, 3, [])).toEqual(["looking at the cell"]);
  });
});

import { describe, expect, it } from "vitest";
import { shot } from "../shots/shot.fixture.js";
import { passes, verdictOf, verdictText } from "./verdict.js";

describe("a verdict", () => {
  const pairs = [
    { floor: shot(9), proxy: shot(10) },
    { floor: shot(8), proxy: shot(40) },
    { floor: shot(8), proxy: shot(8) },
  ];

  it("is the ratio of the medians, by CPU time", () => {
    const verdict = verdictOf(pairs);
    expect(verdict.cpuRatio).toBeCloseTo(0.8);
    expect(verdictText(verdict, 0.8)).toContain("reached");
    expect(verdictText(verdict, 0.81)).toContain("MISSED");
    expect([0.79, 0.81].map((bar) => passes(verdict, bar))).toEqual([true, false]);
  });

  it("is void if one shot is", () => {
    const verdict = verdictOf([...pairs, { floor: shot(8), proxy: shot(8, ["proxy: 3 answers were no 200"]) }]);
    expect(verdictText(verdict, 0)).toContain("VOID  proxy: 3 answers were no 200");
    expect(verdictText(verdict, 0)).toContain("The run is void");
    expect(passes(verdict, 0)).toBe(false);
  });
});

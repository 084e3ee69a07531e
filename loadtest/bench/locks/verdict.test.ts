import { describe, expect, it } from "vitest";
import { shot } from "../shots/shot.fixture.js";
import { locksPass, locksVerdictOf, locksVerdictText } from "./verdict.js";

describe("a verdict on durable locks", () => {
  const rounds = [
    { cell: shot(100), floor: shot(60) },
    { cell: shot(90), floor: shot(50) },
    { cell: shot(110), floor: shot(70) },
  ];

  it("is about CPU time and throughput alike", () => {
    const verdict = locksVerdictOf(rounds, 0.6);
    expect([verdict.cpuRatio, verdict.rateRatio]).toEqual([expect.closeTo(0.6), expect.closeTo(0.6)]);
    expect(locksPass({ ...verdict, bar: 0.59 })).toBe(true);
    expect(locksPass({ ...verdict, bar: 0.61 })).toBe(false);
    expect(locksPass({ ...verdict, bar: 0.59, rateRatio: 0.5 })).toBe(false);
    expect(locksPass({ ...verdict, bar: 0.59, cpuRatio: 0.5 })).toBe(false);
    expect(locksVerdictText({ ...verdict, bar: 0.61 })).toContain("is MISSED");
  });

  it("is void if a write was no commit", () => {
    const verdict = locksVerdictOf([{ cell: shot(1, ["cell: only 9 of 10 were appended"]), floor: shot(1) }], 0.6);
    expect(locksPass(verdict)).toBe(false);
    expect(locksVerdictText(verdict)).toContain("The run is void");
  });
});

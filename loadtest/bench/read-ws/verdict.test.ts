import { describe, expect, it } from "vitest";
import { shot } from "../shots/shot.fixture.js";
import { wsPasses, wsVerdictOf, wsVerdictText } from "./verdict.js";

const rounds = [
  { webSocket: shot(5), floor: shot(3), http: shot(14) },
  { webSocket: shot(6), floor: shot(3), http: shot(12) },
  { webSocket: shot(9), floor: shot(4), http: shot(10) },
];

describe("a verdict on reads over a WebSocket", () => {
  it("is the ratio of the medians, by CPU time", () => {
    const verdict = wsVerdictOf(rounds);
    expect([verdict.cpuRatio, verdict.floorRatio]).toEqual([2, 0.5]);
    expect([1.99, 2.01].map((bar) => wsPasses(verdict, bar))).toEqual([true, false]);
    expect(wsVerdictText(verdict, 2)).toContain("is reached");
    expect(wsVerdictText(verdict, 2.01)).toContain("is MISSED");
  });

  it("is void if one shot is", () => {
    const verdict = wsVerdictOf([
      ...rounds,
      { ...rounds[0], http: shot(30, ["proxy: 1 errors"]) } as (typeof rounds)[0],
    ]);
    expect(wsPasses(verdict, 0)).toBe(false);
    expect(wsVerdictText(verdict, 0)).toContain("The run is void");
  });
});

import { describe, expect, it } from "vitest";
import { type Cannon, type Shot, shotOf } from "./shot.js";
import { passes, verdictOf, verdictText } from "./verdict.js";

const cannon = (change: Partial<Cannon> = {}): Cannon => ({
  duration: 2,
  requests: { total: 1_000, sent: 1_100, average: 500 },
  latency: { p50: 1, p99: 5 },
  "2xx": 1_000,
  non2xx: 0,
  errors: 0,
  timeouts: 0,
  ...change,
});
const served = { good: 1_050, all: 1_050, cpuSeconds: 0.0105 };

describe("a shot", () => {
  it("costs the CPU time of the serving process for each request that it answered", () => {
    expect(shotOf("proxy", cannon(), served)).toEqual({
      requestsPerSecond: 500,
      cpuMicroseconds: expect.closeTo(10) as number,
      p50Ms: 1,
      p99Ms: 5,
      flaws: [],
    });
  });

  it.each([
    ["an answer was no 200", cannon({ non2xx: 1 }), served],
    ["a request failed", cannon({ errors: 1 }), served],
    ["a request timed out", cannon({ timeouts: 1 }), served],
    ["a read was no cache hit", cannon(), { ...served, good: 1_049 }],
    ["the target counted too few", cannon(), { ...served, good: 999, all: 999 }],
    ["somebody else asked the target, too", cannon(), { ...served, good: 1_101, all: 1_101 }],
  ])("is void if %s", (_, result, counted) => {
    expect(shotOf("proxy", result, counted).flaws).toHaveLength(1);
  });
});

const shot = (cpuMicroseconds: number, flaws: string[] = []): Shot => ({
  requestsPerSecond: 50_000 / cpuMicroseconds,
  cpuMicroseconds,
  p50Ms: 1,
  p99Ms: 2,
  flaws,
});

describe("a verdict", () => {
  const pairs = [
    { floor: shot(9), proxy: shot(10) },
    { floor: shot(8), proxy: shot(40) },
    { floor: shot(8), proxy: shot(8) },
  ];

  it("is the ratio of the medians, by CPU time", () => {
    const verdict = verdictOf(pairs);
    expect(verdict.cpuRatio).toBeCloseTo(0.8);
    expect(verdictText(verdict, 0.8)).toContain("is reached");
    expect(verdictText(verdict, 0.81)).toContain("is MISSED");
    expect([0.79, 0.81].map((bar) => passes(verdict, bar))).toEqual([true, false]);
  });

  it("is void if one shot is", () => {
    const verdict = verdictOf([...pairs, { floor: shot(8), proxy: shot(8, ["proxy: 3 answers were no 200"]) }]);
    expect(verdictText(verdict, 0)).toContain("VOID  proxy: 3 answers were no 200");
    expect(verdictText(verdict, 0)).toContain("The run is void");
    expect(passes(verdict, 0)).toBe(false);
  });
});

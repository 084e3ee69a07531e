import { describe, expect, it } from "vitest";
import { type Cannon, shotOf } from "./shot.js";

const cannon = (change: Partial<Cannon> = {}): Cannon => ({
  duration: 2,
  requests: { total: 1_000, sent: 1_100 },
  latency: { p50: 1, p99: 5 },
  non2xx: 0,
  errors: 0,
  timeouts: 0,
  ...change,
});
const proxy = { name: "proxy", wanted: "a cache hit" };
const served = { good: 1_050, all: 1_050, cpuSeconds: 0.0105 };

describe("a shot", () => {
  it("costs the CPU time of the serving process for each request that it answered", () => {
    expect(shotOf(proxy, cannon(), served)).toEqual({
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
    expect(shotOf(proxy, result, counted).flaws).toHaveLength(1);
  });
});

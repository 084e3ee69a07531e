import { describe, expect, it } from "vitest";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { type Candidate, choose } from "./choice.js";

const candidate = (url: string, about: Partial<Candidate> = {}): Candidate => ({
  url,
  zone: undefined,
  roundTripMs: 10,
  healthy: true,
  sockets: undefined,
  avoidUntilMs: 0,
  ...about,
});

/** How often each is chosen, of a hundred times. */
function chosen(candidates: readonly Candidate[], zone?: string): Readonly<Record<string, number>> {
  const random = new SimRandom(1);
  const counts: Record<string, number> = {};
  for (let i = 0; i < 100; i++) {
    const url = choose(candidates, { zone, nowMs: 1_000, random })?.url ?? "none";
    counts[url] = (counts[url] ?? 0) + 1;
  }
  return counts;
}

describe("the choice of a gateway", () => {
  it("is the nearest", () => {
    expect(chosen([candidate("far", { roundTripMs: 40 }), candidate("near")])).toEqual({ near: 100 });
  });

  it("is spread over those that are equally near", () => {
    const counts = chosen([candidate("a"), candidate("b", { roundTripMs: 12 }), candidate("c", { roundTripMs: 20 })]);
    expect(Object.keys(counts).sort()).toEqual(["a", "b"]);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(25);
  });

  it("is more often the one with fewer clients of those that are equally near, and never a farther one", () => {
    const [full, empty] = [candidate("full", { sockets: 900 }), candidate("empty", { sockets: 100 })];
    const counts = chosen([full, empty, candidate("far", { sockets: 0, roundTripMs: 90 })]);
    expect(Object.keys(counts).sort()).toEqual(["empty", "full"]);
    expect(counts.empty).toBeGreaterThan(60);
    expect(counts.full).toBeGreaterThan(10);
  });

  it("is one of the same zone, if that is not much farther", () => {
    const here = candidate("here", { zone: "z1" });
    expect(chosen([here, candidate("there", { zone: "z2", roundTripMs: 6 })], "z1")).toEqual({ here: 100 });
    expect(
      chosen([candidate("here", { zone: "z1", roundTripMs: 90 }), candidate("there", { zone: "z2" })], "z1"),
    ).toEqual({ there: 100 });
  });

  it("is a healthy one before an unknown one, and an unknown one before one that does not serve", () => {
    const [bad, unknown] = [
      candidate("bad", { healthy: false, roundTripMs: 1 }),
      candidate("unknown", { healthy: undefined, roundTripMs: undefined }),
    ];
    expect(chosen([bad, unknown, candidate("good")])).toEqual({ good: 100 });
    expect(chosen([bad, unknown])).toEqual({ unknown: 100 });
    expect(chosen([bad])).toEqual({ bad: 100 });
  });

  it("is none that wants to be left alone, or else the one that does so for the shortest time", () => {
    const resting = candidate("resting", { avoidUntilMs: 1_001 });
    expect(chosen([resting, candidate("far", { roundTripMs: 500 })])).toEqual({ far: 100 });
    expect(chosen([candidate("longer", { avoidUntilMs: 9_000 }), resting])).toEqual({ resting: 100 });
    expect(chosen([])).toEqual({ none: 100 });
  });
});

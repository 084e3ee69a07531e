import { describe, expect, it } from "vitest";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { ABSENT_SHARE, CHUBBY_MIX, kindAt } from "./chubby.js";
import { lookedUpName } from "./names.js";

/** Chi-square of 6 degrees of freedom, at which one right mix in a thousand would be refused. */
const CHI_SQUARE_MAX = 22.46;
const DRAWS = 1_000_000;

function drawn(seed: number): Map<string, number> {
  const random = new SimRandom(seed);
  const counts = new Map<string, number>();
  for (let i = 0; i < DRAWS; i += 1) {
    const kind = kindAt(random.fraction());
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

describe("the mix that Chubby's authors measured", () => {
  it("has the shares of the paper's table, and states what the table does not", () => {
    expect(Object.fromEntries(CHUBBY_MIX.map(({ kind, ppm }) => [kind, ppm]))).toEqual({
      KeepAlive: 930_000,
      GetStat: 45_289,
      Open: 10_000,
      CreateSession: 10_000,
      GetContentsAndStat: 4_000,
      SetContents: 680,
      Acquire: 31,
    });
    expect(CHUBBY_MIX.reduce((sum, { ppm }) => sum + ppm, 0)).toBe(1_000_000);
  });

  it("is met by every part per million of the range", () => {
    const counts = new Map<string, number>();
    for (let ppm = 0; ppm < 1_000_000; ppm += 1) {
      const kind = kindAt((ppm + 0.5) / 1_000_000);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    for (const { kind, ppm } of CHUBBY_MIX) expect(counts.get(kind)).toBe(ppm);
  });

  it.each([1, 2, 3])("is what a swarm with seed %i does", (seed) => {
    const counts = drawn(seed);
    const chiSquare = CHUBBY_MIX.reduce((sum, { kind, ppm }) => {
      const expected = (ppm / 1_000_000) * DRAWS;
      return sum + ((counts.get(kind) ?? 0) - expected) ** 2 / expected;
    }, 0);
    expect(chiSquare).toBeLessThan(CHI_SQUARE_MAX);
  });

  it("is the same for the same seed, and another for another", () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it("looks up absent names as often as the paper's clients cached them", () => {
    const random = new SimRandom(1);
    const names = Array.from({ length: 100_000 }, () => lookedUpName(random));
    const absent = names.filter((name) => name.startsWith("load/absent-")).length / names.length;
    expect(absent).toBeCloseTo(ABSENT_SHARE, 2);
    expect(new Set(names).size).toBe(96 + 128);
  });

  it("refuses a fraction outside [0, 1)", () => {
    expect(() => kindAt(1)).toThrow(RangeError);
  });
});

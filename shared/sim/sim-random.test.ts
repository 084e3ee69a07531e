import { describe, expect, it } from "vitest";
import { randomContract } from "../contracts/random.contract.js";
import { SimRandom } from "./sim-random.js";

randomContract("simulated", () => new SimRandom("contract"));

describe("simulated randomness", () => {
  const take = (random: SimRandom) => [random.hex(8), random.uuid(), random.fraction(), random.int(1000)];

  it("is the same for the same seed, and another for another", () => {
    expect(take(new SimRandom(7))).toEqual(take(new SimRandom(7)));
    expect(take(new SimRandom(7))).not.toEqual(take(new SimRandom(8)));
  });

  it("forks by label, whatever was drawn before", () => {
    const fresh = new SimRandom(7);
    const used = new SimRandom(7);
    take(used);
    expect(take(used.fork("bus"))).toEqual(take(fresh.fork("bus")));
    expect(take(fresh.fork("bus"))).not.toEqual(take(fresh.fork("link")));
    expect(take(fresh.fork("bus"))).not.toEqual(take(new SimRandom(8).fork("bus")));
  });

  it("gives thousands of forks a stream of their own", () => {
    const root = new SimRandom(7);
    const firsts = Array.from({ length: 50_000 }, (_, index) => root.fork(`client-${index}`).hex(8));
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it("gives whole numbers below a bound, each as often", () => {
    const random = new SimRandom(7);
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) {
      const value = random.int(3);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    expect(counts).toHaveLength(3);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("takes chances as often as they are", () => {
    const random = new SimRandom(7);
    const often = (probability: number) =>
      Array.from({ length: 2000 }, () => random.chance(probability)).filter(Boolean);
    expect(often(0)).toHaveLength(0);
    expect(often(1)).toHaveLength(2000);
    expect(Math.abs(often(0.3).length - 600)).toBeLessThan(120);
  });
});

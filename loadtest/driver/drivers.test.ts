import { describe, expect, it } from "vitest";
import { type Load, partOf } from "./drivers.js";
import { addOutcomes, Tally } from "./tally.js";

const load: Load = { urls: [], tokens: [], clients: 11, operations: 1_003, perSecond: 100, seed: 1 };

describe("several drivers", () => {
  it("share a load without losing any of it", () => {
    const parts = [0, 1, 2].map((part) => partOf(load, part, 3));
    expect(parts.map(({ clients }) => clients)).toEqual([4, 4, 3]);
    expect(parts.map(({ operations }) => operations)).toEqual([335, 334, 334]);
    expect(parts.reduce((sum, { perSecond }) => sum + perSecond, 0)).toBeCloseTo(100);
  });

  it("add up to one outcome", () => {
    const outcomes = [100, 300].map((elapsedMs) => {
      const tally = new Tally();
      tally.sent("keepalive");
      tally.sent("status");
      tally.lost("status");
      tally.done("KeepAlive", 2);
      tally.failed("GetStat", new Error("gone"));
      return tally.outcome(elapsedMs);
    });
    const all = addOutcomes(outcomes);
    expect(all.kinds.KeepAlive).toMatchObject({ done: 2, failed: 0 });
    expect(all.kinds.GetStat).toMatchObject({ done: 0, failed: 2 });
    expect(all.requests).toEqual({ keepalive: { sent: 2, lost: 0 }, status: { sent: 2, lost: 2 } });
    expect(all.errors).toEqual(["GetStat: Error: gone", "GetStat: Error: gone"]);
    expect(all.elapsedMs).toBe(300);
  });
});

import { describe, expect, it } from "vitest";
import { longStalls } from "./bounded-stall.js";

const ROUND = { life: 1, round: 7, keys: ["lock/a"], proxies: ["1-1", "1-2"], openedAtMs: 1_000 };
const UP = { life: 1, fromMs: 0, untilMs: 60_000 };
const journaled = (atMs: number, key = "lock/a", life = 1) => ({ life, key, atMs });

describe("P7 bounded stall", () => {
  it("is kept by a write that comes to the journal within a proxy lease", () => {
    expect(longStalls([ROUND], [journaled(4_050)], [UP])).toEqual([]);
  });

  it("is broken by one that comes later, or never, or only before, or in another life or key", () => {
    for (const other of [
      [journaled(4_200)],
      [],
      [journaled(900)],
      [journaled(2_000, "lock/b")],
      [journaled(2_000, "lock/a", 2)],
    ]) {
      expect(longStalls([ROUND], other, [UP])).toEqual([
        "The write of lock/a for which round 7 to 1-1 and 1-2 was opened at 1000 ms was not decided within 3081 ms.",
      ]);
    }
  });

  it("is not asked of a master that stood still, or ended, meanwhile", () => {
    for (const up of [
      { ...UP, untilMs: 3_000 },
      { ...UP, fromMs: 1_500 },
      { ...UP, life: 2 },
    ]) {
      expect(longStalls([ROUND], [], [up])).toEqual([]);
    }
  });

  it("is not asked of a write whose token may have been revoked meanwhile", () => {
    expect(longStalls([ROUND], [journaled(2_000, "token/x")], [UP])).toEqual([]);
    expect(longStalls([ROUND], [journaled(990, "token/x")], [UP])).toEqual([]);
    expect(longStalls([ROUND], [journaled(5_000, "token/x"), journaled(900, "token/x")], [UP])).toHaveLength(1);
  });
});

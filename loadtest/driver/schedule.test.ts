import { describe, expect, it } from "vitest";
import type { Mix } from "../mixes/mix.js";
import { MIXES } from "../mixes/mixes.js";
import { Pacer } from "./pacer.js";
import { type Due, schedule } from "./schedule.js";

const [keepalive, discovery] = [MIXES.keepalive, MIXES.discovery] as [Mix, Mix];

function until(untilMs: number, options: Partial<Parameters<typeof schedule>[0]>): Due[] {
  const all: Due[] = [];
  for (const due of schedule({ mix: keepalive, clients: 10, speed: 1, seed: "1", failOvers: true, ...options })) {
    if (due.atMs >= untilMs) return all;
    all.push(due);
  }
  return all;
}

describe("a schedule", () => {
  it("has a KeepAlive of each client every 4 s, and not all at once", () => {
    const all = until(40_000, {});
    for (let client = 0; client < 10; client += 1) {
      const own = all.filter((due) => due.client === client).map(({ atMs }) => atMs);
      expect(own).toHaveLength(10);
      for (const [at, ms] of own.slice(1).entries()) expect(ms - (own[at] as number)).toBeCloseTo(4_000, 6);
    }
    expect(new Set(all.map(({ atMs }) => atMs % 4_000)).size).toBeGreaterThan(9);
  });

  it("is in the order of time, with the fail-overs on their beat for one driver only", () => {
    const all = until(60_000, { mix: discovery });
    expect(all).toEqual(all.toSorted((a, b) => a.atMs - b.atMs));
    const failOvers = all.filter(({ kind }) => kind === "FailOver").map(({ atMs }) => atMs);
    expect(failOvers).toEqual([5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000, 45_000, 50_000, 55_000]);
    expect(until(60_000, { mix: discovery, failOvers: false }).some(({ kind }) => kind === "FailOver")).toBe(false);
  });

  it("does more of everything at a higher speed", () => {
    expect(until(40_000, { speed: 5 })).toHaveLength(500);
  });
});

describe("a pacer", () => {
  it("begins each operation of a stretch once, where the last stretch ended, and none before its time", async () => {
    const pacer = new Pacer(schedule({ mix: keepalive, clients: 10, speed: 100, seed: "1", failOvers: true }), () => 0);
    const begun: Due[] = [];
    for (const forMs of [0, 100, 60]) {
      await pacer.run(forMs, (due, intendedMs) => {
        expect(performance.now()).toBeGreaterThanOrEqual(intendedMs);
        begun.push(due);
      });
    }
    expect(begun).toEqual(until(160, { speed: 100 }));
  });

  it("holds back while too much is under way, and tells how late it was", async () => {
    let inFlight = 1_000_000;
    setTimeout(() => {
      inFlight = 0;
    }, 80);
    const pacer = new Pacer(
      schedule({ mix: keepalive, clients: 10, speed: 100, seed: "1", failOvers: true }),
      () => inFlight,
    );
    let begun = 0;
    const [lag] = await pacer.run(50, () => {
      begun += 1;
    });
    expect(begun).toBe(until(50, { speed: 100 }).length);
    expect(lag?.maxMs).toBeGreaterThan(29);
  });
});

import { describe, expect, it } from "vitest";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { Orphans } from "./orphans.js";

function orphanage() {
  const clock = new SimClock();
  const over: { id: string; atMs: number }[] = [];
  const onOver = (id: string): void => void over.push({ id, atMs: clock.monotonicMs() });
  return { clock, over, orphans: new Orphans({ clock, graceMs: 10_000, onOver }) };
}

describe("orphans", () => {
  it("are given up in the order of their ends, none early, none later than a quarter of a second", async () => {
    const { clock, over, orphans } = orphanage();
    const leases = [300_000, 5_000, 12_000, 5_010, 12_000];
    for (const [at, leaseMs] of leases.entries()) orphans.add(`s${at}`, leaseMs);
    await clock.runFor(400_000);
    expect(over.map(({ id }) => id)).toEqual(["s1", "s3", "s2", "s4", "s0"]);
    for (const { id, atMs } of over) {
      const lateMs = atMs - (leases[Number(id.slice(1))] as number) - 10_000;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThanOrEqual(250);
    }
  });

  it("that somebody came for are not given up, and those added again count from then", async () => {
    const { clock, over, orphans } = orphanage();
    orphans.add("gone", 5_000);
    orphans.add("again", 5_000);
    await clock.runFor(14_000);
    orphans.remove("gone");
    orphans.add("again", 5_000);
    await clock.runFor(14_900);
    expect([over, orphans.size]).toEqual([[], 1]);
    await clock.runFor(500);
    expect(over.map(({ id }) => id)).toEqual(["again"]);
  });

  it("in great numbers are given up some a turn", async () => {
    const { clock, over, orphans } = orphanage();
    for (let at = 0; at < 2_000; at++) orphans.add(`s${at}`, 5_000);
    let largest = 0;
    let before = 0;
    await clock.runUntil(() => {
      largest = Math.max(largest, over.length - before);
      before = over.length;
      return over.length === 2_000;
    }, 16_000);
    expect(largest).toBeLessThanOrEqual(500);
  });

  it("that fell due while nobody listened have the grace anew", async () => {
    const clock = new SimClock();
    const process = clock.process("master");
    const over: string[] = [];
    const orphans = new Orphans({ clock: process, graceMs: 10_000, onOver: (id) => void over.push(id) });
    orphans.add("a", 5_000);
    await clock.runFor(14_000);
    process.pause();
    await clock.runFor(3_000);
    process.resume();
    await clock.runFor(9_000);
    expect(over).toEqual([]);
    await clock.runFor(2_000);
    expect(over).toEqual(["a"]);
  });
});

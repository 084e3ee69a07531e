import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { SimCell } from "./sim-cell.fixture.js";

/** What a read came to: where from, or which fault. */
const outcome = (reading: Promise<{ source: string }>): Promise<string> =>
  reading.then(
    ({ source }) => source,
    (fault: { code: string }) => fault.code,
  );

/** A proxy that has read `x`, and whose lease has then run out, the master being out of its reach. */
async function withoutLease(): Promise<{ cell: SimCell; sureMs: number }> {
  const cell = await SimCell.start({ proxies: 1 });
  await cell.take("master", "alice", "x", { metadata: "old" });
  await cell.readNow(0, "x");
  const { linkFaults, link } = cell.proxy(0);
  linkFaults.partitioned = "both";
  const lastRenewal = link.sent("renew").at(-1)?.atMs ?? link.sent("register").at(-1)?.atMs;
  const sureMs = (lastRenewal as number) + LIMITS.proxyLeaseMs * LIMITS.driftFactor;
  await cell.clock.runUntil(() => !cell.door(0).mayKeepAlive(), 4_000);
  return { cell, sureMs };
}

describe("P12 Shed, don't fall through", () => {
  it("without a lease the copy is answered from only to who asked for staleness, with its right age", async () => {
    const { cell, sureMs } = await withoutLease();
    expect(cell.cached(0, "x")).toBeUndefined();
    const asked = await cell.readNow(0, "x", { maxStaleMs: 5_000 });
    expect(asked).toMatchObject({ source: "stale", value: { metadata: "old" } });
    expect(asked.ageMs).toBeCloseTo(cell.clock.monotonicMs() - sureMs, 6);
    await expect(cell.readNow(0, "x")).rejects.toMatchObject({ code: "overloaded" });
    await expect(cell.readNow(0, "x", { bypass: true })).rejects.toMatchObject({ code: "overloaded" });
  });

  it("never an answer older than was asked for, and never one older than 60 s", async () => {
    const { cell, sureMs } = await withoutLease();
    const at = async (ageMs: number, maxStaleMs: number): Promise<string> => {
      await cell.clock.runFor(sureMs + ageMs - cell.clock.monotonicMs());
      const reading = cell.track(outcome(cell.read(0, "x", { maxStaleMs })));
      await cell.clock.runFor(0);
      return reading.value ?? "asks the master";
    };
    expect(await at(4_990, 5_000)).toBe("stale");
    expect(await at(5_001, 5_000)).toBe("asks the master");
    expect(await at(59_990, 3_600_000)).toBe("stale");
    expect(await at(60_001, 3_600_000)).toBe("asks the master");
  });

  it("the age counts from when the lease ended, however late the proxy found out", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    await cell.take("master", "alice", "x");
    await cell.readNow(0, "x");
    const { linkFaults, process } = cell.proxy(0);
    linkFaults.partitioned = "both";
    process.pause();
    await cell.clock.runFor(70_000);
    process.resume();
    const tooOld = outcome(cell.read(0, "x", { maxStaleMs: 3_600_000 }));
    expect(await cell.settle(tooOld)).toBe("overloaded");
  });

  it("and by the wall clock, where only that one went on while the machine was suspended", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    await cell.take("master", "alice", "x");
    await cell.readNow(0, "x");
    const { linkFaults, process } = cell.proxy(0);
    linkFaults.partitioned = "both";
    process.stepWall(40_000);
    const asked = await cell.readNow(0, "x", { maxStaleMs: 60_000 });
    expect(asked.source).toBe("stale");
    expect(asked.ageMs).toBeGreaterThan(36_000);
    process.stepWall(40_000);
    const tooOld = outcome(cell.read(0, "x", { maxStaleMs: 60_000 }));
    expect(await cell.settle(tooOld)).toBe("overloaded");
  });

  it("who asked for staleness gets the copy also when the lease is back and the cache still cold", async () => {
    const { cell } = await withoutLease();
    cell.proxy(0).linkFaults.partitioned = "none";
    await cell.allReady();
    expect(await cell.readNow(0, "x", { maxStaleMs: 30_000 })).toMatchObject({ source: "stale" });
    expect(await cell.readNow(0, "x")).toMatchObject({ source: "miss" });
    expect(await cell.readNow(0, "x", { maxStaleMs: 30_000 })).toMatchObject({ source: "hit" });
  });

  it("without a lease reads are forwarded within the budget, ungranted, and then shed", async () => {
    const cell = await SimCell.start({ proxies: 1, fillKeysPerS: 20 });
    await cell.clock.runFor(1_500);
    cell.proxy(0).link.hold("register", "request");
    await cell.endLease(0);
    await cell.clock.runUntil(() => !cell.door(0).mayKeepAlive(), 5_000);
    expect(await cell.readNow(0, "x")).toMatchObject({ source: "miss" });
    expect(cell.cached(0, "x")).toBeUndefined();
    const readings = Array.from({ length: 100 }, (_, i) => outcome(cell.read(0, `lock-${i}`)));
    const outcomes = await cell.settle(Promise.all(readings));
    expect(outcomes.slice(0, 17)).toEqual(Array(17).fill("miss"));
    expect(outcomes.slice(17)).toEqual(Array(83).fill("overloaded"));
    await expect(cell.readNow(0, "x")).rejects.toMatchObject({ httpStatus: 503, retryAfterMs: 1_000 });
  });

  it("thousands of cold reads: the master is asked for no more than the budget, the others are told to wait", async () => {
    const perS = 200;
    const cell = await SimCell.start({ proxies: 1, fillKeysPerS: perS });
    const seconds = 5;
    const readings: Promise<string>[] = [];
    const startMs = cell.clock.monotonicMs();
    for (let i = 0; i < 1_000 * seconds; i++) {
      readings.push(outcome(cell.read(0, `lock-${i}`)), outcome(cell.read(0, `other-${i}`, { bypass: i % 2 === 0 })));
      await cell.clock.runFor(1);
    }
    const outcomes = await cell.settle(Promise.all(readings));
    const fills = cell.proxy(0).link.sent("fill");
    const keys = fills.filter(({ atMs }) => atMs >= startMs).flatMap(({ request }) => request.keys);
    expect(keys.length).toBeLessThanOrEqual(perS * (seconds + 1) + 1);
    expect(keys.length).toBeGreaterThan(perS * seconds);
    expect(new Set(outcomes)).toEqual(new Set(["miss", "bypass", "overloaded"]));
  });

  it("concurrent misses of one key are one fill, and misses of one turn travel in one fill", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const names = Array.from({ length: 50 }, (_, i) => `lock-${i % 10}`);
    const readings = names.map((name) => cell.read(0, name));
    await cell.clock.runFor(0.4);
    // The fill is on its way: who comes now waits for its answer.
    readings.push(...names.map((name) => cell.read(0, name)));
    await cell.settle(Promise.all(readings));
    const fills = cell.proxy(0).link.sent("fill");
    expect(fills).toHaveLength(1);
    expect(fills[0]?.request.keys).toHaveLength(11);
  });
});

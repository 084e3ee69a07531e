import { describe, expect, it } from "vitest";
import type { Master } from "../../master/master.js";
import type { Fault } from "../../shared/protocol/errors.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { SimCell } from "./sim-cell.fixture.js";

/** How long a promise takes, in simulated time. */
async function waited(cell: SimCell, promise: Promise<unknown>): Promise<number> {
  const beganMs = cell.clock.monotonicMs();
  await cell.settle(promise);
  return cell.clock.monotonicMs() - beganMs;
}

const failed = (promise: Promise<unknown>): Promise<Fault> =>
  promise.then(
    () => {
      throw new Error("It did not fail.");
    },
    (fault: Fault) => fault,
  );

/** A cell whose third proxy may hold `x` and is dead, and a write of `x` that waits for it. */
async function cellWithHeldUpWrite(): Promise<SimCell> {
  const cell = await SimCell.start({ proxies: 3 });
  const lease = await cell.take(0, "alice", "x", { ttlMs: 10_000 });
  await cell.clock.runFor(9_000);
  await cell.readNow(2, "x");
  await cell.readNow(1, "warm");
  await cell.clock.runFor(200);
  cell.proxy(2).process.kill();
  cell.proxy(2).linkFaults.partitioned = "both";
  void cell.setMetadata(0, "alice", "x", lease, "m").catch(() => {});
  await cell.clock.runFor(1_000);
  return cell;
}

describe("bugs that were found once", () => {
  it("E1, T1: a read of a lock that fell due behind a waiting write is served at once", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const lease = await cell.take(0, "alice", "x", { ttlMs: 5_000 });
    await cell.clock.runFor(4_000);
    await cell.take(0, "bob", "brings the cell's time along");
    cell.killMaster();
    await cell.startMaster();
    void cell.setMetadata("master", "alice", "x", lease, "m").catch(() => {});
    await cell.clock.runFor(1_500);
    expect(await waited(cell, cell.read("master", "x"))).toBeLessThan(100);
  });

  it("P7: a dead proxy delays writes, and no read anywhere", async () => {
    const cell = await cellWithHeldUpWrite();
    expect(await waited(cell, cell.read("master", "x"))).toBeLessThan(100);
    expect(await waited(cell, cell.read(1, "x"))).toBeLessThan(100);
    expect(await waited(cell, cell.read(1, "unrelated"))).toBeLessThan(100);
  });

  it("R2: one lost fill does not hold up the misses of other locks by the same token", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    await cell.readNow(0, "warm");
    cell.proxy(0).linkFaults.lostAfterRatio = 1;
    void cell.read(0, "one").catch(() => {});
    await cell.clock.runFor(5);
    cell.proxy(0).linkFaults.lostAfterRatio = 0;
    expect(await waited(cell, cell.read(0, "two"))).toBeLessThan(100);
  });

  it("P12, P10: a stale copy's age counts the time for which the machine was suspended", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    await cell.take(0, "alice", "x");
    await cell.readNow(0, "x");
    cell.proxy(0).linkFaults.partitioned = "both";
    cell.proxy(0).process.stepWall(3_600_000);
    expect((await cell.settle(failed(cell.read(0, "x", { maxStaleMs: 5_000 })))).code).toBe("overloaded");
  });

  it("P12: a reader is told to come again, not that the epoch has changed", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    cell.killMaster();
    const { link } = await cell.startMaster();
    Object.assign(link, { register: () => new Promise(() => {}) });
    const fault = await cell.settle(failed(cell.read(0, "x", { bypass: true })));
    expect(fault).toMatchObject({ code: "overloaded", httpStatus: 503 });
    expect(fault.retryAfterMs).toBeGreaterThan(0);
  });

  it("P4: when the journal fails, everybody who waits is told, and whoever comes later", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const lease = await cell.take(0, "alice", "x");
    cell.disk.full = true;
    const write = (metadata: string): Promise<Fault> =>
      failed(cell.setMetadata("master", "alice", "x", lease, metadata));
    const faults = [write("1"), write("2")];
    await cell.clock.runFor(100);
    faults.push(write("3"));
    for (const fault of faults) expect((await cell.settle(fault)).code).toBe("upstream_unavailable");
  });

  it("P3: expires_at at a proxy stays a lower bound when the master's wall clock is set back", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const lease = await cell.take(0, "alice", "x", { ttlMs: 60_000 });
    await cell.readNow(0, "x");
    cell.masterProcess?.stepWall(-30_000);
    await cell.clock.runFor(1_000);
    await cell.settle(cell.renew(0, "alice", "x", lease, 60_000));
    const shown = (await cell.readNow(0, "x")).value?.expiresAtWallMs;
    const written = (await cell.readNow("master", "x")).value?.expiresAtWallMs;
    expect(shown).toBeLessThanOrEqual(written as number);
  });

  it("E2: a master stops although locks expire all the time", async () => {
    const cell = await SimCell.start({ proxies: 0, locksPerPrincipal: 5_000 });
    const ttls = Array.from({ length: 5_000 }, (_, i) => 1_000 + i);
    await cell.settle(Promise.all(ttls.map((ttlMs) => cell.acquire("master", "alice", `l${ttlMs}`, { ttlMs }))));
    await cell.clock.runFor(1_500);
    const stopped = (cell.master as Master).stop();
    expect(await waited(cell, stopped)).toBeLessThan(LIMITS.proxyLeaseMs);
  });

  it("O1: a principal at its bound is let in again when its operations are forgotten", async () => {
    const cell = await SimCell.start({ proxies: 1, operationsPerPrincipal: 2 });
    await cell.take(0, "alice", "a");
    await cell.take(0, "alice", "b");
    expect((await cell.settle(failed(cell.acquire(0, "alice", "c")))).code).toBe("rate_limited");
    await cell.clock.runFor(LIMITS.operationKeptMs + 1);
    expect(await cell.settle(cell.acquire(0, "alice", "c"))).toMatchObject({ status: "acquired" });
  });
});

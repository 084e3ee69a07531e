import { describe, expect, it } from "vitest";
import type { Master } from "../../master/master.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { fillOne, NO_SESSIONS, registration, withHolder } from "./held-entry.fixture.js";
import { SimCell } from "./sim-cell.fixture.js";

const HOUR_MS = 3_600_000;
/** A write that waits for nobody: the journal, and the turns around it. */
const AT_ONCE_MS = 10;

/** How long a change of a lock that alice holds takes at the master's own door, from now. */
async function changeMs(cell: SimCell): Promise<number> {
  const fromMs = cell.clock.monotonicMs();
  expect(await cell.settle(cell.acquire("master", "carol", `new ${fromMs}`))).toMatchObject({ status: "acquired" });
  return cell.clock.monotonicMs() - fromMs;
}

describe("E1: after kill -9 no entry changes before the longest proxy lease has passed", () => {
  it.each([
    { clocks: "all clocks alike", master: 1, proxy: 1 },
    { clocks: "the proxy's clock 2 % slow", master: 1, proxy: 0.98 },
    { clocks: "the new master's clock 2 % fast", master: 1.02, proxy: 1 },
  ])("so a proxy that has not heard of it shows nothing old: $clocks", async ({ master, proxy }) => {
    const cell = new SimCell({});
    await cell.startMaster();
    cell.addProxy("p1", { rate: proxy });
    await cell.allReady();
    const lease = await cell.take("master", "alice", "x", { metadata: "old" });
    await cell.readNow(0, "x");
    const { link, linkFaults } = cell.proxy(0);
    const before = link.sent("renew").length;
    await cell.clock.runUntil(() => link.sent("renew").length > before, 2_000);
    await cell.clock.runFor(1.1);
    // Its lease was renewed a moment ago, and it hears of nothing any more.
    linkFaults.partitioned = "both";
    cell.bus.partition("p1", "both");
    cell.killMaster();
    await cell.startMaster({ rate: master });
    const openedMs = cell.clock.monotonicMs();
    const write = cell.track(cell.setMetadata("master", "alice", "x", lease, "new"));
    let hits = 0;
    await cell.clock.runUntil(() => {
      const shown = cell.cached(0, "x");
      if (shown !== undefined) hits += 1;
      expect(write.state === "resolved" && shown !== undefined).toBe(false);
      return write.state === "resolved";
    }, 10_000);
    expect(hits).toBeGreaterThan(0);
    expect(write.atMs - openedMs).toBeGreaterThan(LIMITS.proxyLeaseMs * LIMITS.driftFactor - AT_ONCE_MS);
    expect(write.atMs - openedMs).toBeLessThan(LIMITS.proxyLeaseMs + AT_ONCE_MS);
  });

  it("reads, KeepAlives and what changes no entry are served at once", async () => {
    const { cell, at } = await withHolder();
    cell.killMaster();
    await cell.startMaster();
    const pushed = cell.track(cell.acquire("master", "alice", "x", { ttlMs: 2 * HOUR_MS }));
    const refused = cell.track(cell.acquire("master", "bob", "x"));
    const read = cell.track(cell.read("master", "x"));
    await cell.clock.runFor(AT_ONCE_MS);
    expect([pushed.value?.status, refused.value?.status]).toEqual(["acquired", "held"]);
    expect(read.value?.value?.metadata).toBe("0");
    expect(cell.door("master").mayKeepAlive()).toBe(true);
    await cell.clock.runFor(1_500);
    expect(cell.door(at).mayKeepAlive()).toBe(true);
    expect((await cell.readNow(at, "x")).value?.metadata).toBe("0");
    expect(await changeMs(cell)).toBeGreaterThan(1_000);
  });

  it("counts on the very first lease: it is noted on disk before it is granted", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    let killed = false;
    const registering = cell.masterLink.register(registration()).then(() => {
      cell.killMaster();
      killed = true;
    });
    await cell.settle(registering);
    expect(killed).toBe(true);
    await cell.startMaster();
    expect(await changeMs(cell)).toBeGreaterThan(LIMITS.proxyLeaseMs - AT_ONCE_MS);
  });

  it("also through several masters that are killed one after the other", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    for (let life = 0; life < 3; life++) {
      cell.killMaster();
      await cell.startMaster();
      await cell.clock.runFor(100);
    }
    expect(await changeMs(cell)).toBeGreaterThan(LIMITS.proxyLeaseMs - 100 - AT_ONCE_MS);
  });

  it("where no proxy was ever counted on there is nothing to wait for", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    await cell.take("master", "alice", "x");
    cell.killMaster();
    await cell.startMaster();
    expect(await changeMs(cell)).toBeLessThan(AT_ONCE_MS);
  });
});

describe("E2: a master that stops in good order", () => {
  it("grants no more, and waits until each lease was given up or has run out", async () => {
    const { cell, holder } = await withHolder();
    await cell.clock.runFor(1_500);
    const { epoch } = cell;
    holder.linkFaults.partitioned = "both";
    const renewedMs = (holder.link.sent("renew").at(-1)?.atMs as number) + 0.5;
    const stop = cell.track((cell.master as Master).stop());
    await cell.clock.runFor(10);
    expect(await fillOne(cell, epoch, cell.proxyId(0), "lock/x")).toMatchObject({ grant: null });
    for (const call of [
      cell.masterLink.register(registration()),
      cell.masterLink.renew({ epoch, proxyId: cell.proxyId(0), acks: [], leaving: false, ...NO_SESSIONS }),
      cell.acquire("master", "alice", "y"),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "shutting_down", httpStatus: 503 });
    }
    await cell.settle(cell.proxy(0).proxy.stop());
    await cell.settle(stop.promise);
    expect(stop.atMs).toBeGreaterThanOrEqual(renewedMs + LIMITS.proxyLeaseMs);
    expect(stop.atMs).toBeLessThan(renewedMs + LIMITS.proxyLeaseMs + 20);
  });

  it("does not wait for proxies that leave, before or meanwhile", async () => {
    const { cell } = await withHolder();
    await cell.settle(cell.proxy(0).proxy.stop());
    const stop = cell.track((cell.master as Master).stop());
    await cell.clock.runFor(50);
    expect(stop.state).toBe("pending");
    await cell.settle(cell.proxy(1).proxy.stop());
    await cell.clock.runFor(20);
    expect(stop.state).toBe("resolved");
  });

  it("leaves `closed` as its last record, whatever fell due meanwhile: the next waits for nothing", async () => {
    const cell = await SimCell.start({ locksPerPrincipal: 10_000 });
    // One falls due every few milliseconds, for as long as it may take to stop.
    const ttlsMs = Array.from({ length: 600 }, (_, i) => 2_000 + 2.3 * i);
    const taking = ttlsMs.map((ttlMs) => cell.acquire("master", "bob", `ttl ${ttlMs}`, { ttlMs }));
    await cell.settle(Promise.all(taking));
    await cell.stopMaster();
    await cell.startMaster();
    expect(await changeMs(cell)).toBeLessThan(AT_ONCE_MS);
  });

  it("only if it was the very last: a kill after stop, start and registrations must be waited for again", async () => {
    const { cell } = await withHolder();
    await cell.stopMaster();
    await cell.startMaster();
    await cell.allReady();
    cell.killMaster();
    await cell.startMaster();
    expect(await changeMs(cell)).toBeGreaterThan(LIMITS.proxyLeaseMs - AT_ONCE_MS);
  });

  it("a kill before it was done stopping is a kill", async () => {
    const { cell } = await withHolder();
    void (cell.master as Master).stop();
    await cell.clock.runFor(500);
    cell.killMaster();
    await cell.startMaster();
    expect(await changeMs(cell)).toBeGreaterThan(LIMITS.proxyLeaseMs - AT_ONCE_MS);
  });

  it("each life has an epoch of its own, on disk before anything is granted in it", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const epochs = [cell.epoch];
    for (let life = 0; life < 5; life++) {
      if (life % 2 === 0) cell.killMaster("machine");
      else await cell.stopMaster();
      await cell.startMaster();
      const { epoch } = await cell.settle(cell.masterLink.register(registration({ process: `life ${life}` })));
      epochs.push(epoch);
    }
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("T2: the cell's own time", () => {
  it("a TTL lock has after a restart what it had left, however long no master ran", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const lease = await cell.take("master", "alice", "x", { ttlMs: 10_000 });
    const dueMs = () => lease.expiresAtWallMs - cell.masterProcess.wallMs();
    await cell.clock.runFor(dueMs() - 4_000);
    await cell.stopMaster();
    await cell.clock.runFor(HOUR_MS);
    await cell.startMaster();
    await cell.clock.runFor(4_000 - 10);
    expect(cell.inForce("x")).not.toBeNull();
    await cell.clock.runFor(20);
    expect(cell.inForce("x")).toBeNull();
  });

  it("nor is it freed early where the master was killed", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const lease = await cell.take("master", "alice", "x", { ttlMs: 10_000 });
    await cell.clock.runFor(6_000);
    await cell.take("master", "bob", "a sign of time");
    const leftMs = lease.expiresAtWallMs - cell.masterProcess.wallMs();
    cell.killMaster();
    await cell.clock.runFor(HOUR_MS);
    await cell.startMaster();
    await cell.clock.runFor(leftMs - 10);
    expect(cell.inForce("x")).not.toBeNull();
    await cell.clock.runFor(20);
    expect(cell.inForce("x")).toBeNull();
  });

  it.each([HOUR_MS, -HOUR_MS])("a step of the wall clock by %i ms frees no lock, and keeps none", async (stepMs) => {
    const cell = await SimCell.start({ proxies: 0 });
    const lease = await cell.take("master", "alice", "x", { ttlMs: 10_000 });
    const leftMs = lease.expiresAtWallMs - cell.masterProcess.wallMs();
    cell.masterProcess.stepWall(stepMs);
    await cell.clock.runFor(leftMs - 1);
    expect(cell.inForce("x")).not.toBeNull();
    await cell.clock.runFor(5);
    expect(cell.inForce("x")).toBeNull();
  });
});

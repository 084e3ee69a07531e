import { describe, expect, it } from "vitest";
import { Interest } from "../../master/coherence/interest.js";
import type { EventMessage } from "../../shared/protocol/bus.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { withHolder } from "./held-entry.fixture.js";
import { SimCell } from "./sim-cell.fixture.js";
import { LINK_DELAY_MS } from "./sim-machines.fixture.js";

describe("R7: a grant lives ten minutes", () => {
  const usableMs = LIMITS.grantMs * LIMITS.driftFactor;

  it("from before the fill was sent, less the drift; no refresh prolongs it", async () => {
    const { cell, at, set } = await withHolder();
    const filledMs = cell.proxy(at).link.fillsOf("lock/x")[0] as number;
    for (let minute = 1; minute <= 9; minute++) {
      await cell.clock.runFor(60_000);
      await cell.settle(set(String(minute)));
      await cell.clock.runFor(5);
      await cell.readNow(at, "warm");
    }
    expect(cell.proxy(at).link.fillsOf("lock/x")).toHaveLength(1);
    const lockCached = () => cell.door(at).readCached(["lock/x"]) !== undefined;
    await cell.clock.runFor(filledMs + usableMs - 1 - cell.clock.monotonicMs());
    expect(lockCached()).toBe(true);
    await cell.clock.runFor(1);
    expect(lockCached()).toBe(false);
    expect((await cell.readNow(at, "x")).source).toBe("miss");
    expect(lockCached()).toBe(true);
  });

  it("then the master forgets the interest, and no round is opened for it", async () => {
    const { cell, at, set } = await withHolder();
    const filledMs = cell.proxy(at).link.fillsOf("lock/x")[0] as number;
    await cell.clock.runFor(filledMs + LIMITS.grantMs - 1 - cell.clock.monotonicMs());
    await cell.settle(set("1"));
    expect(cell.rounds()).toHaveLength(1);
    await cell.clock.runFor(5);
    await cell.settle(set("2"));
    expect(cell.rounds()).toHaveLength(1);
  });

  it("above 1,000,000 grants a proxy gets no more, but may have those renewed that it has", () => {
    const interest = new Interest();
    for (let i = 0; i < LIMITS.grantsPerProxyMax; i++) interest.grant(`k${i}`, "p", 0);
    expect(interest.grant("one too many", "p", 0)).toBe(false);
    expect(interest.holders("one too many", 0)).toEqual([]);
    expect(interest.grant("k0", "p", 1)).toBe(true);
    expect(interest.grant("one too many", "another", 0)).toBe(true);
    interest.dropProxy("p");
    expect(interest.grant("one too many", "p", 0)).toBe(true);
    expect(interest.size).toBe(2);
  });
});

describe("T1: a cached TTL lock", () => {
  it("renewing it forward costs no round, and it is looked up again at its old expiry", async () => {
    const cell = await SimCell.start();
    const lease = await cell.take("master", "alice", "x", { ttlMs: 10_000 });
    await cell.readNow(1, "x");
    const filledMs = cell.proxy(1).link.fillsOf("lock/x")[0] as number;
    const leftMs = lease.expiresAtWallMs - cell.masterProcess.wallMs() + 2 * LINK_DELAY_MS - LINK_DELAY_MS;
    await cell.clock.runFor(3_000);
    await cell.settle(cell.renew("master", "alice", "x", lease, 60_000));
    await cell.settle(cell.acquire("master", "alice", "x", { ttlMs: 70_000 }));
    expect(cell.rounds()).toEqual([]);
    await cell.clock.runFor(filledMs + leftMs * LIMITS.driftFactor - 1 - cell.clock.monotonicMs());
    expect(cell.cached(1, "x")?.expiresAtWallMs).toBe(lease.expiresAtWallMs);
    await cell.clock.runFor(1.1);
    expect(cell.cached(1, "x")).toBeUndefined();
    expect((await cell.readNow(1, "x")).value?.expiresAtWallMs).toBeGreaterThan(lease.expiresAtWallMs + 50_000);
    await cell.clock.runFor(20_000);
    expect(cell.cached(1, "x")).toMatchObject({ fencingToken: 1 });
  });

  it("renewing it to a shorter time is a change like any other", async () => {
    const cell = await SimCell.start();
    const lease = await cell.take("master", "alice", "x", { ttlMs: 60_000 });
    const { revision, value } = await cell.readNow(1, "x");
    await cell.settle(cell.renew("master", "alice", "x", lease, 5_000));
    expect(cell.rounds()).toHaveLength(1);
    await cell.clock.runFor(5);
    const shorter = await cell.readNow(1, "x");
    expect(shorter.source).toBe("hit");
    expect(shorter.revision).toBeGreaterThan(revision);
    expect(shorter.value?.expiresAtWallMs).toBeLessThan(value?.expiresAtWallMs as number);
    await cell.clock.runFor(5_100);
    expect((await cell.readNow(1, "x")).value).toBeNull();
  });

  it("a refreshed one counts its time left from when the proxy first acked the round", async () => {
    const { cell, holder, at } = await withHolder();
    const lease = await cell.take("master", "alice", "y", { ttlMs: 10_000 });
    await cell.readNow(at, "y");
    const events = holder.bus.hold("events");
    const write = cell.track(cell.setMetadata("master", "alice", "y", lease, "1"));
    await cell.settle(write.promise);
    const ackedMs = holder.bus.published("acks").at(-1)?.atMs as number;
    await cell.clock.runFor(3_000);
    holder.bus.deliver("events", events.at(-1) as string);
    const event = JSON.parse(events.at(-1) as string) as EventMessage;
    const leftMs = event.commits[0]?.changes[0]?.entry.leftMs as number;
    expect(cell.cached(at, "y")?.metadata).toBe("1");
    await cell.clock.runFor(ackedMs + leftMs * LIMITS.driftFactor - 1 - cell.clock.monotonicMs());
    expect(cell.cached(at, "y")?.metadata).toBe("1");
    await cell.clock.runFor(1.1);
    expect(cell.cached(at, "y")).toBeUndefined();
  });

  it("its expiry is a round: nobody is shown it after it was freed", async () => {
    const cell = await SimCell.start();
    await cell.take("master", "alice", "x", { ttlMs: 4_000 });
    await cell.readNow(1, "x");
    cell.proxy(1).bus.hold("rounds");
    let shownLate = 0;
    await cell.clock.runUntil(() => {
      const isFree = cell.inForce("x") === null;
      if (isFree && cell.cached(1, "x") != null) shownLate += 1;
      return isFree;
    }, 10_000);
    expect(shownLate).toBe(0);
    expect(cell.rounds()).toHaveLength(1);
  });
});

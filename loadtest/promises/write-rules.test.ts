import { describe, expect, it } from "vitest";
import type { Command } from "../../shared/protocol/commands.js";
import { fillOne, registration, withHolder } from "./held-entry.fixture.js";
import { SimCell } from "./sim-cell.fixture.js";
import { DISK_WRITE_MS } from "./sim-machines.fixture.js";

/** A cell in which the second proxy holds each of these locks' entries. */
async function withLocks(names: readonly string[], options = {}) {
  const cell = await SimCell.start(options);
  const leases = new Map<string, Awaited<ReturnType<SimCell["take"]>>>();
  for (const name of names) leases.set(name, await cell.take("master", "alice", name, { metadata: "0" }));
  for (const name of names) await cell.readNow(1, name);
  const set = (name: string, to: string) => {
    const lease = leases.get(name);
    if (lease === undefined) throw new Error(`nobody holds ${name}`);
    return cell.setMetadata("master", "alice", name, lease, to);
  };
  return { cell, leases, set };
}

describe("R1: a key is closed from admission to the commit", () => {
  it("from the very turn in which the command is admitted, also when it needs no round, until it is answered", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const { epoch, proxyId } = await cell.settle(cell.masterLink.register(registration()));
    const grants: (number | null)[] = [];
    const ask = () =>
      fillOne(cell, epoch, proxyId, "lock/x").then(({ entry, grant }) => {
        if (entry.value === null) grants.push(grant);
      });
    const write = cell.track(cell.acquire("master", "alice", "x"));
    const asking = [ask()];
    await cell.clock.runUntil(() => {
      asking.push(ask());
      return write.state !== "pending";
    }, 100);
    await Promise.all(asking);
    expect(cell.rounds()).toEqual([]);
    expect(grants.length).toBeGreaterThanOrEqual(3);
    expect(new Set(grants)).toEqual(new Set([null]));
    expect(await fillOne(cell, epoch, proxyId, "lock/x")).toMatchObject({ grant: 0 });
  });

  it("a fill during a round is answered with the old entry, which is not kept", async () => {
    const { cell, holder, set } = await withHolder();
    holder.process.pause();
    const write = cell.track(set("1"));
    await cell.clock.runFor(50);
    expect(await cell.readNow(0, "x")).toMatchObject({ source: "miss", value: { metadata: "0" } });
    expect(cell.cached(0, "x")).toBeUndefined();
    await cell.settle(write.promise);
    expect((await cell.readNow(0, "x")).value?.metadata).toBe("1");
  });

  it("a command that is dropped opens its key again", async () => {
    const { cell } = await withHolder();
    const { epoch } = cell;
    await cell.clock.runFor(1_100);
    const proxyId = cell.proxyId(0);
    const refused = cell.track(cell.acquire("master", "bob", "x"));
    expect((await fillOne(cell, epoch, proxyId, "lock/x")).grant).toBeNull();
    await cell.settle(refused.promise);
    expect((await fillOne(cell, epoch, proxyId, "lock/x")).grant).toBe(0);
  });

  it("a state that is not synced is read by nobody, so none is taken back by a crash in between", async () => {
    const { cell, set } = await withHolder();
    const write = cell.track(set("1"));
    let seenEarly = 0;
    await cell.clock.runUntil(() => {
      const isOnDisk = write.state !== "pending";
      if (!isOnDisk && cell.inForce("x")?.metadata !== "0") seenEarly += 1;
      return isOnDisk;
    }, 100);
    expect(seenEarly).toBe(0);
    expect(cell.inForce("x")?.metadata).toBe("1");

    const lost = cell.track(set("2"));
    cell.disk.full = true;
    await cell.clock.runFor(10);
    expect(lost.state).toBe("rejected");
    expect(cell.inForce("x")?.metadata).toBe("1");
    cell.killMaster();
    cell.disk.full = false;
    await cell.startMaster();
    expect(cell.inForce("x")?.metadata).toBe("1");
  });
});

describe("R3: commands on one key go one after the other", () => {
  it("in the order in which they came, each with a round of its own", async () => {
    const { cell, holder, set } = await withHolder();
    const writes = ["1", "2", "3"].map((to) => cell.track(set(to)));
    await cell.clock.runFor(40);
    expect(cell.rounds().map(({ message }) => message.keys)).toEqual([["lock/x"], ["lock/x"], ["lock/x"]]);
    const committed = writes.map(({ atMs }) => atMs);
    expect(committed).toEqual([...committed].sort((a, b) => a - b));
    for (const [i, { atMs }] of cell.rounds().slice(1).entries()) {
      expect(atMs).toBeGreaterThanOrEqual(committed[i] as number);
    }
    expect(cell.cached(cell.proxies.indexOf(holder), "x")?.metadata).toBe("3");
  });

  it("one that was refused when it was looked at first, and would change now, goes round again", async () => {
    const { cell, leases } = await withLocks(["a"], { locksPerPrincipal: 1 });
    await cell.readNow(1, "b");
    expect(cell.cached(1, "b")).toBeNull();
    const lease = leases.get("a");
    if (lease === undefined) throw new Error("unreachable");
    cell.proxy(1).bus.hold("rounds");
    const release = cell.track(cell.release("master", "alice", "a", lease));
    await cell.clock.runFor(10);
    const round = cell.lastRound().message;
    // The release is cleared and on its way to the disk when alice asks for another lock: still one too many.
    cell.proxy(1).bus.letPass("rounds");
    cell.proxy(1).bus.deliver("rounds", round);
    await cell.clock.runFor(1.1);
    expect(release.state).toBe("pending");
    const acquire = cell.track(cell.acquire("master", "alice", "b"));
    await cell.clock.runUntil(() => {
      if (acquire.state !== "pending") return true;
      expect(cell.cached(1, "b") ?? null).toBeNull();
      return false;
    }, 5_000);
    expect(acquire.value).toMatchObject({ status: "acquired" });
    expect(cell.cached(1, "b")).not.toBeNull();
    expect(cell.lastRound().message).toMatchObject({ keys: ["lock/b"] });
  });

  it("an acquire of a lock that is due stands behind its expiry, though the timer is late", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    await cell.take("master", "alice", "x", { ttlMs: 2_000 });
    cell.masterProcess.pause();
    await cell.clock.runFor(2_500);
    const acquire = cell.acquire("master", "bob", "x");
    cell.masterProcess.resume();
    expect(await cell.settle(acquire)).toMatchObject({ status: "acquired", fencingToken: 2 });
  });
});

describe("R4: what starts in one turn goes together", () => {
  const names = ["a", "b", "c", "d", "e"];

  it("its commands share one round, one journal batch and one event", async () => {
    const { cell, set } = await withLocks(names);
    const batches = cell.disk.batches;
    const events = cell.masterBus.published("events").length;
    await cell.settle(Promise.all(names.map((name) => set(name, "1"))));
    expect(cell.rounds()).toHaveLength(1);
    expect(cell.lastRound().message.keys).toEqual(names.map((name) => `lock/${name}`));
    expect(cell.disk.batches).toBe(batches + 1);
    await cell.clock.runFor(1);
    expect(cell.masterBus.published("events")).toHaveLength(events + 1);
  });

  it("what becomes ready while the disk is busy shares the next batch", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const batches = cell.disk.batches;
    const writes = [cell.acquire("master", "alice", "first")];
    for (const name of names) {
      await cell.clock.runFor(0.1);
      writes.push(cell.acquire("master", "alice", name));
    }
    await cell.settle(Promise.all(writes));
    expect(cell.disk.batches).toBe(batches + 2);
  });

  it("failed commands and keys that nobody holds cost no round, and wait for nobody", async () => {
    const { cell, leases } = await withLocks(["a"]);
    cell.proxy(1).process.pause();
    const lease = leases.get("a");
    const stranger: Command = { kind: "release", name: "a", leaseId: "somebody else's" };
    const writes = [
      cell.acquire("master", "bob", "a"),
      cell.acquire("master", "alice", "a", { ttlMs: 1_000 }),
      cell.execute("master", "bob", stranger),
      cell.acquire("master", "bob", "held by no proxy"),
    ];
    const answered = cell.track(Promise.all(writes));
    await cell.clock.runFor(2 * DISK_WRITE_MS + 1);
    expect(answered.value?.map(({ status }) => status)).toEqual(["held", "acquired", "refused", "acquired"]);
    expect(answered.value?.[1]).toMatchObject({ leaseId: lease?.leaseId });
    expect(cell.rounds()).toEqual([]);
  });
});

describe("T1: only the expiry command frees a lock", () => {
  it("on time, with a lock delay after it where one was asked for", async () => {
    const cell = await SimCell.start();
    const takenMs = cell.clock.monotonicMs();
    await cell.take("master", "alice", "x", { ttlMs: 5_000, lockDelayMs: 3_000 });
    await cell.readNow(1, "x");
    await cell.clock.runFor(takenMs + 4_999 - cell.clock.monotonicMs());
    expect(cell.inForce("x")).not.toBeNull();
    await cell.clock.runFor(1 + 2 + DISK_WRITE_MS + 0.1);
    expect(cell.inForce("x")).toBeNull();
    const delayed = await cell.settle(cell.acquire(0, "bob", "x"));
    expect(delayed).toMatchObject({ status: "delayed", lockDelayMs: 3_000 });
    await cell.clock.runFor((delayed as { retryAfterMs: number }).retryAfterMs);
    expect(await cell.settle(cell.acquire(0, "bob", "x"))).toMatchObject({ status: "acquired" });
  });

  it("a read of a lock that is due lets the expiry go first, though the timer is late", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    await cell.take("master", "alice", "x", { ttlMs: 2_000 });
    cell.masterProcess.pause();
    await cell.clock.runFor(2_500);
    const { epoch } = cell;
    expect(cell.inForce("x")).toBeUndefined();
    const readings = [
      cell.read("master", "x").then(({ value }) => value),
      fillOne(cell, epoch, null, "lock/x").then(({ entry }) => entry.value),
      fillOne(cell, epoch, null, "list/").then(({ entry }) => entry.value),
    ];
    cell.masterProcess.resume();
    expect(await cell.settle(Promise.all(readings))).toEqual([null, null, { kind: "list", locks: [] }]);
  });

  it("a lock that was renewed in time stays, though an expiry was on its way", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const lease = await cell.take("master", "alice", "x", { ttlMs: 2_000 });
    // The expiry falls due while the renewal is being written, and stands behind it.
    await cell.clock.runFor(lease.expiresAtWallMs - cell.masterProcess.wallMs() - 0.5);
    const renewal = cell.track(cell.renew("master", "alice", "x", lease, 60_000));
    await cell.clock.runFor(100);
    expect(renewal.value).toMatchObject({ status: "renewed" });
    expect(cell.inForce("x")).toMatchObject({ fencingToken: lease.fencingToken });
  });
});

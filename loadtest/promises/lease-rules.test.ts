import { describe, expect, it } from "vitest";
import type { RoundMessage } from "../../shared/protocol/bus.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { fillOne, NO_SESSIONS, registration, withHolder } from "./held-entry.fixture.js";
import { SimCell } from "./sim-cell.fixture.js";

describe("L1: a lease that has run out is dead, though nobody waited for it", () => {
  it("its renewal is refused, its fills get no grant, and no write waits for it", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const { epoch, proxyId } = await cell.settle(cell.masterLink.register(registration()));
    expect(await cell.settle(fillOne(cell, epoch, proxyId, "lock/x"))).toMatchObject({ grant: 0 });
    await cell.clock.runFor(LIMITS.proxyLeaseMs);
    const renewal = cell.masterLink.renew({ epoch, proxyId, acks: [], leaving: false, ...NO_SESSIONS });
    await expect(renewal).rejects.toMatchObject({ code: "lease_expired" });
    expect(await cell.settle(fillOne(cell, epoch, proxyId, "lock/x"))).toMatchObject({ grant: null });
    await cell.take("master", "alice", "x");
    expect(cell.rounds()).toEqual([]);
  });

  it("also in the turn in which a master that stalled goes on, before its timers have run", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const { epoch, proxyId } = await cell.settle(cell.masterLink.register(registration()));
    cell.masterProcess.pause();
    await cell.clock.runFor(LIMITS.proxyLeaseMs);
    const renewal = cell.masterLink.renew({ epoch, proxyId, acks: [], leaving: false, ...NO_SESSIONS });
    await expect(renewal).rejects.toMatchObject({ code: "lease_expired" });
    expect(await fillOne(cell, epoch, proxyId, "lock/x")).toMatchObject({ grant: null });
    cell.masterProcess.resume();
    await cell.take("master", "alice", "x");
    expect(cell.rounds()).toEqual([]);
  });

  it("its id is never used again, in this epoch or another", async () => {
    const cell = await SimCell.start();
    for (let life = 0; life < 4; life++) {
      cell.killMaster();
      await cell.startMaster();
      await cell.clock.runFor(4_000);
      await cell.endLease(0);
      await cell.clock.runFor(4_000);
    }
    const ids = cell.proxies.flatMap(({ link }) => new Set(link.sent("renew").map(({ request }) => request.proxyId)));
    const all = ids.flatMap((some) => [...some]);
    expect(all.length).toBeGreaterThanOrEqual(10);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe("L2: one lease after the other", () => {
  it("before register is sent no default read and no KeepAlive is answered", async () => {
    const { cell, holder, at } = await withHolder();
    const atRegister: unknown[] = [];
    holder.link.onSend = (call) => {
      if (call === "register") atRegister.push([cell.cached(at, "x"), cell.door(at).mayKeepAlive()]);
    };
    await cell.clock.runFor(1_100);
    expect([cell.cached(at, "x")?.metadata, cell.door(at).mayKeepAlive()]).toEqual(["0", true]);
    await cell.endLease(at);
    await cell.clock.runFor(1_100);
    expect(atRegister).toEqual([[undefined, false]]);
    expect(cell.cached(at, "x")).toBeUndefined();
  });

  it("register ends the lease that it gives up, by its id", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const link = cell.masterLink;
    const old = await cell.settle(link.register(registration()));
    await cell.settle(fillOne(cell, old.epoch, old.proxyId, "lock/x"));
    await cell.settle(link.register(registration({ attempt: 2, givesUp: old })));
    const renewal = link.renew({ epoch: old.epoch, proxyId: old.proxyId, acks: [], leaving: false, ...NO_SESSIONS });
    await expect(renewal).rejects.toMatchObject({ code: "lease_expired" });
    await cell.take("master", "alice", "x");
    expect(cell.rounds()).toEqual([]);
  });

  it("and never by the proxy's name: a namesake's lease goes on and is waited for", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const link = cell.masterLink;
    const { epoch, proxyId } = await cell.settle(link.register(registration()));
    await cell.settle(fillOne(cell, epoch, proxyId, "lock/x"));
    await cell.settle(link.register(registration({ process: "namesake" })));
    await link.renew({ epoch, proxyId, acks: [], leaving: false, ...NO_SESSIONS });
    const write = cell.track(cell.acquire("master", "alice", "x"));
    await cell.clock.runFor(2_900);
    expect(write.state).toBe("pending");
    await cell.settle(write.promise);
  });

  it("an older register of the same process is refused", async () => {
    const cell = await SimCell.start({ proxies: 0 });
    const link = cell.masterLink;
    const { epoch, proxyId } = await cell.settle(link.register(registration({ attempt: 2 })));
    const late = registration({ attempt: 1, givesUp: { epoch, proxyId } });
    await expect(link.register(late)).rejects.toMatchObject({ code: "conflict" });
    await expect(link.register({ ...late, attempt: 2 })).rejects.toMatchObject({ code: "conflict" });
    await link.renew({ epoch, proxyId, acks: [], leaving: false, ...NO_SESSIONS });
  });

  it("an answer to a fill of the former lease is not kept", async () => {
    const { cell, holder, at } = await withHolder();
    await cell.clock.runFor(1_100);
    const gate = holder.link.hold("fill", "reply");
    const reading = cell.read(at, "y");
    await cell.clock.runUntil(() => gate.reached, 100);
    await cell.endLease(at);
    await cell.clock.runFor(1_500);
    expect(cell.door(at).mayKeepAlive()).toBe(true);
    gate.open();
    await cell.settle(reading);
    expect(cell.cached(at, "y")).toBeUndefined();
  });
});

describe("L3: a proxy that owes a round", () => {
  it("renews again at once when it learns of the round from a renewal", async () => {
    const { cell, holder, set } = await withHolder();
    cell.bus.disconnect();
    const before = holder.link.sent("renew").length;
    const write = cell.track(set("1"));
    await cell.settle(write.promise);
    const [heard, acked] = holder.link.sent("renew").slice(before);
    expect(acked?.atMs).toBe((heard?.atMs as number) + 1);
    expect(write.atMs - (acked?.atMs as number)).toBeLessThanOrEqual(2.5);
  });

  it("the acks in a renewal count before the lease is bounded", async () => {
    const { cell, holder, set } = await withHolder();
    cell.bus.partition("p2", "out");
    const write = cell.track(set("1"));
    await cell.settle(write.promise);
    await cell.clock.runFor(5);
    holder.process.pause();
    const renewedMs = holder.link.sent("renew").at(-1)?.atMs as number;
    await cell.clock.runFor(renewedMs + 2_900 - cell.clock.monotonicMs());
    const { epoch } = cell;
    const renewal = cell.masterLink.renew({
      epoch,
      proxyId: cell.proxyId(1),
      acks: [],
      leaving: false,
      ...NO_SESSIONS,
    });
    await expect(renewal).resolves.toMatchObject({ leaseMs: LIMITS.proxyLeaseMs });
  });
});

describe("L4: what is listed is repeated until it is confirmed", () => {
  it("an ack is repeated on each renewal until one is answered, and then no more", async () => {
    const { cell, holder, set } = await withHolder();
    await cell.clock.runFor(1_200);
    cell.bus.partition("p2", "out");
    holder.linkFaults.timeoutMs = 300;
    holder.linkFaults.lostBeforeRatio = 1;
    const before = holder.link.sent("renew").length;
    const write = cell.track(set("1"));
    await cell.clock.runUntil(() => holder.link.sent("renew").length >= before + 2, 3_000);
    expect(write.state).toBe("pending");
    holder.linkFaults.lostBeforeRatio = 0;
    await cell.settle(write.promise);
    await cell.clock.runFor(1_500);
    const acks = holder.link
      .sent("renew")
      .slice(before)
      .map(({ request }) => request.acks.map(({ round }) => round));
    expect(acks.slice(0, 2)).toEqual([[1], [1]]);
    expect(acks.at(-1)).toEqual([]);
  });

  it("a proxy that leaves closes its lease: nobody waits for it, and it answers nothing", async () => {
    const { cell, holder, at, set } = await withHolder();
    await cell.settle(holder.proxy.stop());
    expect([cell.cached(at, "x"), cell.door(at).mayKeepAlive()]).toEqual([undefined, false]);
    await cell.settle(set("1"));
    expect(cell.rounds()).toEqual([]);
  });

  it("leaving is said only when the proxy has stopped answering", async () => {
    const { cell, holder, at } = await withHolder();
    let whenLeaving: unknown;
    holder.link.rewrite = (call, request) => {
      if ("leaving" in request && request.leaving) whenLeaving = [call, cell.cached(at, "x")];
      return request;
    };
    await cell.settle(holder.proxy.stop());
    expect(whenLeaving).toEqual(["renew", undefined]);
  });

  it("a proxy that stops while the master does not answer it does not wait for that, and answers nothing", async () => {
    const { cell, holder, at } = await withHolder();
    const gate = holder.link.hold("renew", "reply");
    await cell.clock.runUntil(() => gate.reached, 2_000);
    const askedMs = cell.clock.monotonicMs();
    await cell.settle(holder.proxy.stop());
    expect(cell.clock.monotonicMs() - askedMs).toBeLessThanOrEqual(1_000);
    expect(cell.cached(at, "x")).toBeUndefined();
    gate.open();
  });

  it("register and renew: one in flight, however often the proxy is told to hurry", async () => {
    const { cell, holder } = await withHolder();
    const gate = holder.link.hold("renew", "reply");
    await cell.clock.runUntil(() => gate.reached, 2_000);
    const before = holder.link.sent("renew").length;
    const { epoch } = cell;
    for (let round = 5; round < 10; round += 2) {
      holder.bus.deliver("rounds", {
        epoch,
        round,
        previous: round - 1,
        revision: 0,
        keys: [],
        proxies: [],
      } satisfies RoundMessage);
    }
    await cell.clock.runFor(100);
    expect(holder.link.sent("renew")).toHaveLength(before);
    gate.open();
    await cell.clock.runFor(10);
    expect(holder.link.sent("renew")).toHaveLength(before + 1);
  });
});

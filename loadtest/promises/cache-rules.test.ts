import { describe, expect, it } from "vitest";
import { Cache } from "../../proxy/cache.js";
import type { AckMessage, EventMessage } from "../../shared/protocol/bus.js";
import { withHolder } from "./held-entry.fixture.js";
import { BUS_DELAY_MS, LINK_DELAY_MS } from "./sim-machines.fixture.js";

const acksOf = (acks: readonly { message: AckMessage }[]) => acks.map(({ message }) => message.ack);

describe("R5: rounds and what they meet", () => {
  it.each([
    { name: "came in time", lossRatio: 0 },
    { name: "was lost on the bus and came with a renewal", lossRatio: 1 },
  ])("a fill that crossed an invalidation which $name is not kept", async ({ lossRatio }) => {
    const { cell, set } = await withHolder();
    await cell.readNow(0, "warm");
    const { link, bus } = cell.proxy(0);
    const gate = link.hold("fill", "reply");
    const reading = cell.read(0, "x");
    await cell.clock.runUntil(() => gate.reached, 100);
    await cell.clock.runFor(2 * LINK_DELAY_MS);
    cell.bus.faults.lossRatio = lossRatio;
    await cell.settle(set("1"));
    gate.open();
    expect((await cell.settle(reading)).value?.metadata).toBe("0");
    expect(cell.cached(0, "x")).toBeUndefined();
    expect(acksOf(bus.published<AckMessage>("acks"))).toEqual([{ round: 1, had: [] }]);
    expect((await cell.readNow(0, "x")).value?.metadata).toBe("1");
  });

  it("a round that comes late or twice changes nothing that is newer, and is acked", async () => {
    const { cell, holder, at, set } = await withHolder();
    const rounds = holder.bus.hold("rounds");
    holder.bus.hold("events");
    const write = cell.track(set("1"));
    await cell.clock.runFor(10);
    holder.bus.letPass("rounds");
    holder.bus.deliver("rounds", rounds[0] as string);
    await cell.settle(write.promise);
    expect((await cell.readNow(at, "x")).value?.metadata).toBe("1");
    for (let times = 1; times <= 3; times++) {
      holder.bus.deliver("rounds", rounds[0] as string);
      expect(cell.cached(at, "x")?.metadata).toBe("1");
      expect(holder.bus.published("acks")).toHaveLength(1 + times);
    }
    expect(acksOf(holder.bus.published<AckMessage>("acks").slice(1))).toEqual(Array(3).fill({ round: 1, had: [] }));
  });

  it("a dropped entry, or an older tombstone, leaves a tombstone (had); nothing leaves nothing", async () => {
    const { cell, holder, at, set } = await withHolder();
    holder.bus.hold("events");
    await cell.settle(set("1"));
    // The event is held back: the tombstone stands, and the master still counts on this proxy.
    await cell.settle(set("2"));
    expect(acksOf(holder.bus.published<AckMessage>("acks"))).toEqual([
      { round: 1, had: ["lock/x"] },
      { round: 2, had: ["lock/x"] },
    ]);
    holder.bus.deliver("rounds", {
      ...cell.lastRound().message,
      ...{ round: 3, previous: 2, keys: ["lock/never read"], proxies: [cell.lastRound().message.proxies[0]] },
    });
    expect(acksOf(holder.bus.published<AckMessage>("acks")).at(-1)).toEqual({ round: 3, had: [] });
    expect(cell.cached(at, "x")).toBeUndefined();
  });

  it("an ack counts for the proxy, the epoch and the number that it names, and only if it is owed", async () => {
    const { cell, holder, at, set } = await withHolder();
    await cell.settle(set("1"));
    await cell.clock.runFor(1_200);
    expect(cell.cached(at, "x")?.metadata).toBe("1");
    holder.process.pause();
    const write = cell.track(set("2"));
    await cell.clock.runFor(10);
    const { epoch, round, proxies } = cell.lastRound().message;
    const proxyId = proxies[0] as string;
    const strangers: AckMessage[] = [
      { epoch, proxyId: cell.proxyId(0), ack: { round, had: ["lock/x"] } },
      { epoch, proxyId, ack: { round: round - 1, had: ["lock/x"] } },
      { epoch, proxyId, ack: { round: round + 1, had: ["lock/x"] } },
      { epoch, proxyId: `${proxyId}0`, ack: { round, had: ["lock/x"] } },
    ];
    for (const message of strangers) cell.masterBus.deliver("acks", message);
    await cell.clock.runFor(100);
    expect(write.state).toBe("pending");
    cell.masterBus.deliver("acks", { epoch, proxyId, ack: { round, had: [] } } satisfies AckMessage);
    await cell.clock.runFor(5);
    expect(write.state).toBe("resolved");
  });
});

describe("R6: an event refreshes what its round dropped, and nothing else", () => {
  it("installs over a tombstone of exactly its round: a late event after the next round installs nothing", async () => {
    const { cell, holder, at, set } = await withHolder();
    const events = holder.bus.hold("events");
    await cell.settle(set("1"));
    await cell.clock.runFor(5);
    const second = cell.track(set("2"));
    await cell.clock.runUntil(() => holder.bus.published("acks").length === 2, 100);
    holder.bus.deliver("events", events[0] as string);
    expect(cell.cached(at, "x")).toBeUndefined();
    await cell.settle(second.promise);
    expect(cell.cached(at, "x")).toBeUndefined();
    await cell.clock.runFor(5);
    holder.bus.deliver("events", events[1] as string);
    expect(cell.cached(at, "x")?.metadata).toBe("2");
    holder.bus.deliver("events", events[0] as string);
    expect(cell.cached(at, "x")?.metadata).toBe("2");
  });

  it("a proxy that is not named installs nothing, nor does one without a tombstone, nor any without a round", async () => {
    const { cell, holder, at, set } = await withHolder();
    const events = holder.bus.hold("events");
    const bystander = cell.proxy(0).bus.hold("events");
    await cell.settle(set("1"));
    await cell.clock.runFor(5);
    const event = JSON.parse(events[0] as string) as EventMessage;
    const [refresh] = event.refreshes;
    expect(refresh?.proxies).toEqual(cell.lastRound().message.proxies);
    for (const refreshes of [[], [{ key: "lock/x", round: 1, proxies: ["somebody else"] }]]) {
      holder.bus.deliver("events", { ...event, refreshes });
      expect(cell.cached(at, "x")).toBeUndefined();
    }
    cell.proxy(0).bus.deliver("events", bystander[0] as string);
    await cell.readNow(0, "warm");
    expect(cell.cached(0, "x")).toBeUndefined();
    holder.bus.deliver("events", event);
    expect(cell.cached(at, "x")?.metadata).toBe("1");
  });

  it("names those only who acked with a tombstone and whose lease runs; interest is they", async () => {
    const { cell, at, set } = await withHolder({ proxies: 3 });
    await cell.readNow(1, "x");
    await cell.readNow(0, "warm");
    // The first proxy's fill is under way and will not be kept; the second one dies with the round; the third acks.
    const gate = cell.proxy(0).link.hold("fill", "reply");
    const reading = cell.read(0, "x");
    await cell.clock.runUntil(() => gate.reached, 100);
    await cell.clock.runFor(2 * LINK_DELAY_MS);
    cell.proxy(1).process.kill();
    await cell.settle(set("1"));
    expect(cell.lastRound().message.proxies).toHaveLength(3);
    gate.open();
    await cell.settle(reading);
    await cell.clock.runFor(5);
    const event = cell.masterBus.published<EventMessage>("events").at(-1)?.message;
    expect(event?.refreshes).toEqual([{ key: "lock/x", round: 1, proxies: [cell.proxyId(at)] }]);
    await cell.settle(set("2"));
    expect(cell.lastRound().message.proxies).toEqual([cell.proxyId(at)]);
  });

  it("nor one whose lease ended between its ack and the commit", async () => {
    const { cell, at, set } = await withHolder({ proxies: 3 });
    for (const other of [0, 1]) await cell.readNow(other, "x");
    await cell.clock.runFor(1_100);
    cell.proxy(at).process.pause();
    const write = cell.track(set("1"));
    await cell.clock.runFor(5);
    await cell.endLease(1);
    await cell.settle(write.promise);
    expect(cell.proxy(1).bus.published("acks")).toHaveLength(1);
    await cell.clock.runFor(1);
    const event = cell.masterBus.published<EventMessage>("events").at(-1)?.message;
    expect(event?.refreshes).toEqual([{ key: "lock/x", round: 1, proxies: [cell.proxyId(0)] }]);
  });

  it("a hot key that changes all the time costs the master no read", async () => {
    const { cell, at, set } = await withHolder({ proxies: 4 });
    for (let i = 0; i < at; i++) await cell.readNow(i, "x");
    const fills = () => cell.proxies.reduce((sum, { link }) => sum + link.sent("fill").length, 0);
    const before = fills();
    for (let change = 1; change <= 50; change++) {
      await cell.settle(set(String(change)));
      await cell.clock.runFor(BUS_DELAY_MS + 1);
      for (let i = 0; i <= at; i++) expect((await cell.read(i, "x")).value?.metadata).toBe(String(change));
    }
    expect(fills()).toBe(before);
    expect(cell.rounds()).toHaveLength(50);
  });
});

describe("R5, R6: entry and tombstone keep the number under which they came", () => {
  const entry = (revision: number) => ({ key: "lock/x", value: null, revision });
  const filled = (revision: number, grant: number) => ({ entry: entry(revision), grant });
  const shown = (cache: Cache) => cache.get("lock/x", 1)?.entry.revision;

  it("an older answer replaces neither", () => {
    const cache = new Cache(1 << 20);
    cache.keep(filled(7, 5), 0);
    cache.keep(filled(6, 4), 0);
    expect(shown(cache)).toBe(7);
    expect(cache.invalidate("lock/x", 6, 0)).toBe(true);
    cache.keep(filled(7, 5), 0);
    expect(shown(cache)).toBeUndefined();
    cache.keep(filled(8, 6), 0);
    expect(shown(cache)).toBe(8);
  });

  it("a refresh goes over the tombstone of its own round, and over nothing else", () => {
    const cache = new Cache(1 << 20);
    expect(cache.refresh(entry(9), 5, 0)).toBe(false);
    expect(shown(cache)).toBeUndefined();
    cache.keep(filled(7, 4), 0);
    expect([cache.refresh(entry(9), 4, 0), cache.refresh(entry(9), 5, 0), shown(cache)]).toEqual([false, false, 7]);
    cache.invalidate("lock/x", 5, 0);
    expect([cache.refresh(entry(9), 4, 0), cache.refresh(entry(9), 6, 0)]).toEqual([false, false]);
    expect([cache.refresh(entry(9), 5, 0), shown(cache)]).toEqual([true, 9]);
  });
});

import { describe, expect, it } from "vitest";
import type { AckMessage, EventMessage, RoundMessage } from "../../shared/protocol/bus.js";
import { fillOne, NO_SESSIONS, withHolder } from "./held-entry.fixture.js";
import type { SimCell } from "./sim-cell.fixture.js";

describe("L5: messages of another epoch", () => {
  const roundOf = (cell: SimCell, at: number, epochsAhead: number): RoundMessage => ({
    epoch: cell.epoch + epochsAhead,
    ...{ round: 9, previous: 8, revision: 0, keys: ["lock/x"], proxies: [cell.proxyId(at)] },
  });

  /** Of a cell that has lived through two epochs. */
  async function secondEpoch() {
    const it = await withHolder();
    it.cell.killMaster();
    await it.cell.startMaster();
    await it.cell.clock.runFor(4_500);
    await it.cell.readNow(it.at, "x");
    return it;
  }

  it("of an older one: neither used nor acked", async () => {
    const { cell, holder, at } = await secondEpoch();
    holder.bus.deliver("rounds", roundOf(cell, at, -1));
    await cell.clock.runFor(5);
    expect(cell.cached(at, "x")?.metadata).toBe("0");
    expect(holder.bus.published("acks")).toEqual([]);
    expect(cell.door(at).mayKeepAlive()).toBe(true);
  });

  it("of a newer one: not acked, and the proxy registers anew, having stopped answering", async () => {
    const { cell, holder, at } = await secondEpoch();
    const registers = holder.link.sent("register").length;
    holder.bus.deliver("rounds", roundOf(cell, at, 1));
    expect([cell.cached(at, "x"), cell.door(at).mayKeepAlive()]).toEqual([undefined, false]);
    await cell.clock.runFor(5);
    expect(holder.bus.published("acks")).toEqual([]);
    expect(holder.link.sent("register")).toHaveLength(registers + 1);
  });

  it("events of another epoch refresh nothing", async () => {
    const { cell, holder, at, set } = await secondEpoch();
    const held = holder.bus.hold("events");
    await cell.settle(set("1"));
    await cell.clock.runFor(5);
    expect(cell.cached(at, "x")).toBeUndefined();
    const event = JSON.parse(held[0] as string) as EventMessage;
    for (const epoch of [event.epoch - 1, event.epoch + 1]) holder.bus.deliver("events", { ...event, epoch });
    expect(cell.cached(at, "x")).toBeUndefined();
    holder.bus.deliver("events", event);
    expect(cell.cached(at, "x")?.metadata).toBe("1");
  });

  it("acks of another epoch do not count at the master, nor do its renewals, fills and writes", async () => {
    const { cell, holder, at, set } = await secondEpoch();
    const { epoch } = cell;
    const proxyId = cell.proxyId(at);
    holder.process.pause();
    const write = cell.track(set("1"));
    await cell.clock.runFor(10);
    const { round } = cell.lastRound().message;
    for (const other of [epoch - 1, epoch + 1]) {
      const ack: AckMessage = { epoch: other, proxyId, ack: { round, had: [] } };
      cell.masterBus.deliver("acks", ack);
      const renewal = cell.masterLink.renew({ epoch: other, proxyId, acks: [ack.ack], leaving: false, ...NO_SESSIONS });
      await expect(renewal).rejects.toMatchObject({ code: "epoch_changed" });
      await expect(fillOne(cell, other, proxyId, "lock/x")).rejects.toMatchObject({ code: "epoch_changed" });
    }
    await cell.clock.runFor(1_000);
    expect(write.state).toBe("pending");
    cell.masterBus.deliver("acks", { epoch, proxyId, ack: { round, had: [] } } satisfies AckMessage);
    await cell.clock.runFor(5);
    expect(write.state).toBe("resolved");
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { busContract } from "../contracts/bus.contract.js";
import type { Bus } from "../ports/bus.js";
import { type BusFaults, busFaults, SimBus } from "./sim-bus.js";
import { SimClock } from "./sim-clock.js";
import { SimRandom } from "./sim-random.js";

for (const delayMs of [
  { min: 0, max: 0 },
  { min: 1, max: 30 },
]) {
  busContract(
    `simulated, with delays up to ${delayMs.max} ms`,
    async () => {
      const clock = new SimClock();
      const bus = new SimBus({ clock, random: new SimRandom(1), faults: busFaults({ delayMs }) });
      return {
        join: async (name) => bus.endpoint(name),
        until: (predicate) => clock.runUntil(predicate, 10_000),
        outage: { begin: async () => bus.disconnect(), end: async () => bus.reconnect() },
        end: async () => {},
      };
    },
    { outages: true },
  );
}

describe("faults of the simulated bus", () => {
  let clock: SimClock;
  let bus: SimBus;
  let near: Bus;
  let far: Bus;
  let heard: string[];

  function start(faults: Partial<BusFaults>): void {
    clock = new SimClock();
    bus = new SimBus({ clock, random: new SimRandom("faults"), faults: busFaults(faults) });
    near = bus.endpoint("near");
    far = bus.endpoint("far");
    heard = [];
    far.subscribe("rounds", (message) => heard.push(message));
  }
  beforeEach(() => start({}));

  async function send(count: number): Promise<string[]> {
    heard.length = 0;
    for (let i = 0; i < count; i++) near.publish("rounds", String(i));
    await clock.runFor(1000);
    return [...heard];
  }

  it("loses the share that it is told to, for each receiver apart", async () => {
    start({ lossRatio: 0.3 });
    const own: string[] = [];
    near.subscribe("rounds", (message) => own.push(message));
    const got = await send(1000);
    expect(Math.abs(got.length - 700)).toBeLessThan(80);
    expect(own).not.toEqual(got);
    expect(bus.counts.lost).toBe(2000 - got.length - own.length);
    bus.faults.lossRatio = 0;
    expect(await send(100)).toHaveLength(100);
  });

  it("duplicates", async () => {
    start({ duplicateRatio: 0.5 });
    const got = await send(400);
    expect(new Set(got).size).toBe(400);
    expect(Math.abs(got.length - 600)).toBeLessThan(60);
    expect(bus.counts.duplicated).toBeGreaterThan(0);
  });

  it("delays within the bounds, in order unless it may reorder", async () => {
    start({ delayMs: { min: 10, max: 50 } });
    const sent = Array.from({ length: 200 }, (_, index) => String(index));
    const arrivedMs: number[] = [];
    far.subscribe("rounds", () => arrivedMs.push(clock.monotonicMs()));
    expect(await send(200)).toEqual(sent);
    expect(Math.min(...arrivedMs)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...arrivedMs)).toBeLessThanOrEqual(50);
    expect(bus.counts).toMatchObject({ delayed: 400, reordered: 0 });
    bus.faults.reorder = true;
    const got = await send(200);
    expect(got).not.toEqual(sent);
    expect([...got].sort()).toEqual([...sent].sort());
    expect(bus.counts.reordered).toBeGreaterThan(50);
  });

  it.each([
    { cut: "near", direction: "out", passes: false },
    { cut: "near", direction: "in", passes: true },
    { cut: "far", direction: "in", passes: false },
    { cut: "far", direction: "out", passes: true },
    { cut: "far", direction: "both", passes: false },
  ] as const)("partitions $cut, $direction, without its knowledge", async ({ cut, direction, passes }) => {
    bus.partition(cut, direction);
    expect(await send(5)).toHaveLength(passes ? 5 : 0);
    far.publish("acks", "from the other side");
    await clock.runFor(1);
    expect(bus.counts.partitioned).toBeGreaterThan(0);
    expect([near.status(), far.status()]).toEqual(["connected", "connected"]);
    bus.heal(cut);
    expect(await send(5)).toHaveLength(5);
  });

  it.each([
    { stalls: "near", direction: "out", passes: false },
    { stalls: "near", direction: "in", passes: true },
    { stalls: "far", direction: "both", passes: false },
  ] as const)(
    "stalls $stalls, $direction, and delivers in the end what was sent",
    async ({ stalls, direction, passes }) => {
      bus.stall(stalls, direction);
      expect(await send(3)).toHaveLength(passes ? 3 : 0);
      bus.resume(stalls);
      await clock.runFor(100);
      expect(heard).toHaveLength(3);
      expect(bus.counts.stalled).toBeGreaterThan(0);
    },
  );

  it("loses what a connection holds back when it is lost", async () => {
    bus.stall("near", "out");
    await send(3);
    bus.disconnect("near");
    bus.reconnect("near");
    bus.resume("near");
    await clock.runFor(100);
    expect(heard).toEqual([]);
  });

  it("partitions messages that are on their way", async () => {
    bus.faults.delayMs = { min: 10, max: 10 };
    near.publish("rounds", "on its way");
    await clock.runFor(5);
    bus.partition("far", "in");
    await clock.runFor(5);
    bus.heal("far");
    await clock.runFor(100);
    expect(heard).toEqual([]);
  });

  it("disconnects one endpoint, which knows it and loses what was on its way", async () => {
    bus.faults.delayMs = { min: 10, max: 10 };
    near.publish("rounds", "on its way");
    bus.disconnect("far");
    expect([near.status(), far.status()]).toEqual(["connected", "down"]);
    expect(await send(5)).toEqual([]);
    expect(bus.counts.disconnected).toBe(6);
    bus.reconnect("far");
    expect(await send(5)).toHaveLength(5);
  });

  it("tells a change of state on the process's clock, and once", async () => {
    const process = clock.process("third");
    const changes: string[] = [];
    bus.endpoint("third", process).watchStatus((status) => changes.push(status));
    process.pause();
    bus.disconnect("third");
    bus.disconnect("third");
    await clock.runFor(10);
    expect(changes).toEqual([]);
    process.resume();
    await clock.runFor(10);
    expect(changes).toEqual(["down"]);
  });

  it("keeps messages for a paused process, and drops those for a killed one", async () => {
    const [paused, killed] = [clock.process("paused"), clock.process("killed")];
    const got: string[] = [];
    bus.endpoint("paused", paused).subscribe("rounds", (message) => got.push(`paused ${message}`));
    bus.endpoint("killed", killed).subscribe("rounds", (message) => got.push(`killed ${message}`));
    paused.pause();
    killed.kill();
    await send(2);
    expect(got).toEqual([]);
    paused.resume();
    await clock.runFor(1);
    expect(got).toEqual(["paused 0", "paused 1"]);
  });

  it("gives the name of a dead process to the next one", async () => {
    bus.partition("far", "both");
    const next = bus.endpoint("far");
    const got: string[] = [];
    next.subscribe("rounds", (message) => got.push(message));
    await far.close();
    expect(await send(1)).toEqual([]);
    expect(got).toEqual(["0"]);
    expect(far.status()).toBe("down");
  });

  it("runs alike for the same seed", async () => {
    const run = async () => {
      start({ lossRatio: 0.2, duplicateRatio: 0.2, delayMs: { min: 0, max: 20 }, reorder: true });
      return { got: await send(200), counts: bus.counts };
    };
    expect(await run()).toEqual(await run());
  });

  it("names an endpoint that it does not have", () => {
    expect(() => bus.partition("nobody", "in")).toThrow('no endpoint "nobody"');
  });
});

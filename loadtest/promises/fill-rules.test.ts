import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { fillOne, withHolder } from "./held-entry.fixture.js";
import { SimCell } from "./sim-cell.fixture.js";
import { LINK_DELAY_MS } from "./sim-machines.fixture.js";

/** The smallest time between two of these instants, to the microsecond. */
const smallestGapMs = (atMs: readonly number[]): number =>
  Math.min(...atMs.slice(1).map((ms, i) => Math.round(1_000 * (ms - (atMs[i] as number))) / 1_000));

/** `x` is closed for as long as its holder sleeps: a write of it waits. Reads are made at the first proxy. */
async function withClosedKey() {
  const it = await withHolder();
  await it.cell.readNow(0, "warm");
  it.holder.process.pause();
  const write = it.cell.track(it.set("1"));
  await it.cell.clock.runFor(5);
  return { ...it, write, link: it.cell.proxy(0).link };
}

describe("R2: whose answer a reader may take", () => {
  it("one who came after an ungranted fill was sent does not take its answer", async () => {
    const { cell, holder, write, link } = await withClosedKey();
    const gate = link.hold("fill", "reply");
    const early = cell.read(0, "x");
    await cell.clock.runUntil(() => gate.reached, 100);
    await cell.clock.runFor(2 * LINK_DELAY_MS);
    holder.process.resume();
    await cell.settle(write.promise);
    const late = cell.read(0, "x");
    await cell.clock.runFor(5);
    gate.open();
    expect((await cell.settle(early)).value?.metadata).toBe("0");
    expect((await cell.settle(late)).value?.metadata).toBe("1");
    expect(link.fillsOf("lock/x")).toHaveLength(2);
  });

  it("nor that of a granted one which a round has marked meanwhile", async () => {
    const { cell, set } = await withHolder();
    const { link } = cell.proxy(0);
    const gate = link.hold("fill", "reply");
    const early = cell.read(0, "x");
    await cell.clock.runUntil(() => gate.reached, 100);
    await cell.clock.runFor(2 * LINK_DELAY_MS);
    await cell.settle(set("1"));
    const late = cell.read(0, "x");
    await cell.clock.runFor(5);
    gate.open();
    expect((await cell.settle(early)).value?.metadata).toBe("0");
    expect((await cell.settle(late)).value?.metadata).toBe("1");
  });

  it("nor one whose lease ran out while the answer was on its way", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const { link, linkFaults } = cell.proxy(0);
    await cell.clock.runFor(1_200);
    const gate = link.hold("fill", "reply");
    const early = cell.track(cell.read(0, "x"));
    await cell.clock.runUntil(() => gate.reached, 100);
    await cell.clock.runFor(5);
    const late = cell.track(cell.read(0, "x"));
    linkFaults.partitioned = "both";
    await cell.clock.runUntil(() => !cell.door(0).mayKeepAlive(), 4_000);
    await cell.take("master", "bob", "x");
    gate.open();
    await cell.clock.runFor(0);
    expect([early.state, late.state]).toEqual(["resolved", "pending"]);
    linkFaults.partitioned = "none";
    const seen = cell.track(late.promise.catch(() => cell.read(0, "x")));
    expect((await cell.settle(seen.promise)).value).not.toBeNull();
  });

  it("one who came before it was sent takes it", async () => {
    const { cell, link } = await withClosedKey();
    const before = link.sent("fill").length;
    const readings = Array.from({ length: 20 }, () => cell.read(0, "x"));
    await cell.settle(Promise.all(readings));
    expect(link.sent("fill")).toHaveLength(before + 1);
  });
});

describe("R2: ungranted fills of one key leave a proxy at most every 20 ms", () => {
  it("though readers come all the time", async () => {
    const { cell, link, write } = await withClosedKey();
    const readings: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i++) {
      readings.push(cell.read(0, "x"));
      await cell.clock.runFor(1.3);
    }
    await cell.settle(Promise.all(readings));
    const fills = link.fillsOf("lock/x").slice(1);
    expect(write.state).toBe("pending");
    expect(smallestGapMs(fills)).toBeGreaterThanOrEqual(LIMITS.ungrantedFillEveryMs);
    expect(fills.length).toBeGreaterThan(5);
  });

  it("whatever other closed keys are read beside it, alone or together", async () => {
    const cell = await SimCell.start();
    const names = ["x", "y", "z"];
    const writers: (() => Promise<unknown>)[] = [];
    for (const name of names) {
      const lease = await cell.take("master", "alice", name);
      writers.push(() => cell.setMetadata("master", "alice", name, lease, "1"));
      await cell.readNow(1, name);
    }
    cell.proxy(1).process.pause();
    const writes = writers.map((write) => write());
    await cell.clock.runFor(5);
    await cell.settle(Promise.all(names.map((name) => cell.read(0, name))));
    const random = cell.random.fork("readers");
    const readings: Promise<unknown>[] = [];
    for (let i = 0; i < 400; i++) {
      const keys = names.filter(() => random.chance(0.4)).map((name) => `lock/${name}`);
      if (keys.length > 0) readings.push(cell.door(0).read(keys, {}));
      await cell.clock.runFor(7 * random.fraction());
    }
    await cell.settle(Promise.all(readings));
    for (const name of names) {
      const fills = cell.proxy(0).link.fillsOf(`lock/${name}`);
      expect(smallestGapMs(fills)).toBeGreaterThanOrEqual(LIMITS.ungrantedFillEveryMs);
      expect(fills.length).toBeGreaterThan(20);
    }
    await cell.settle(Promise.all(writes));
  });
});

describe("R2: and reads past the cache, on a slow link", () => {
  it("are spaced as well, once a key is known to get no grant", async () => {
    const { cell, link, write } = await withClosedKey();
    await cell.readNow(0, "x");
    const before = link.fillsOf("lock/x").length;
    cell.proxy(0).linkFaults.delayMs = { min: 20, max: 25 };
    const readings: Promise<unknown>[] = [];
    for (let i = 0; i < 100; i++) {
      readings.push(cell.read(0, "x", { bypass: true }));
      await cell.clock.runFor(3);
    }
    await cell.settle(Promise.all(readings));
    expect(write.state).toBe("pending");
    const fills = link.fillsOf("lock/x").slice(before - 1);
    expect(smallestGapMs(fills)).toBeGreaterThanOrEqual(LIMITS.ungrantedFillEveryMs);
    expect(fills.length).toBeGreaterThan(10);
  });
});

describe("R8: a list comes from one state of the master, and is never cached", () => {
  it("is asked for each time, and granted never", async () => {
    const { cell, holder, at } = await withHolder();
    await cell.clock.runFor(1_100);
    const names = async () => {
      const view = await cell.settle(cell.door(at).read(["list/"], {}));
      const value = view.entries[0]?.value;
      return value?.kind === "list" ? value.locks.map(({ name }) => name) : undefined;
    };
    expect(await names()).toEqual(["x"]);
    await cell.take("master", "bob", "y");
    expect(await names()).toEqual(["x", "y"]);
    expect(holder.link.fillsOf("list/")).toHaveLength(2);
    expect(await fillOne(cell, cell.epoch, cell.proxyId(at), "list/")).toMatchObject({ grant: null });
    expect(cell.door(at).readCached(["list/"])).toBeUndefined();
  });

  it("never shows half of what was committed together", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const sizes: number[] = [];
    for (let pair = 0; pair < 20; pair++) {
      const taking = ["a", "b"].map((name) => cell.acquire("master", "alice", `${name}/${pair}`));
      const both = cell.track(Promise.all(taking));
      const readings: Promise<void>[] = [];
      while (both.state === "pending") {
        readings.push(
          cell
            .door(0)
            .read(["list/"], {})
            .then(({ entries }) => {
              const value = entries[0]?.value;
              if (value?.kind === "list") sizes.push(value.locks.length);
            }),
        );
        await cell.clock.runFor(0.3);
      }
      await cell.settle(Promise.all(readings));
    }
    expect(sizes.filter((size) => size % 2 === 1)).toEqual([]);
    expect(new Set(sizes).size).toBeGreaterThan(10);
  });
});

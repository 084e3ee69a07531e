import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import type { SimClock } from "../../sim/sim-clock.js";
import type { CellFixture } from "../cell-service.fixture.js";
import { BOB } from "../gateway.fixture.js";
import type { WatchTarget } from "./watch.js";
import type { WatchedEvent } from "./watched-event.js";
import { type Asking, WatchBench } from "./watches.fixture.js";
import type { Watches } from "./watches.js";

describe("the watches of a gateway", () => {
  let bench: WatchBench;
  let clock: SimClock;
  let cell: CellFixture;
  let watches: Watches;
  beforeEach(() => {
    bench = new WatchBench();
    ({ clock, cell, watches } = bench);
  });
  const settle = () => bench.settle();
  const take = (name: string) => bench.take(name);
  const change = (name: string, token?: string) => bench.change(name, token);
  const open = (target: WatchTarget, asking?: Asking) => bench.open(target, asking);
  const live = (target: WatchTarget, asking?: Asking) => bench.live(target, asking);

  it.each([true, false])("tell the state, and then each change, in order; from the cache: %s", async (cached) => {
    cell.cached = cached;
    await take("a");
    await change("b");
    const { teller } = open({ name: "a" });
    expect(teller.told).toEqual([]);
    await settle();
    expect(teller.news()).toEqual(["state:a"]);
    expect(teller.revision).toBe(cell.feed.revision);
    cell.locks.expire("a");
    await change("b");
    await change("a");
    await settle();
    expect(teller.news()).toEqual(["expired:a", "acquired:a", "released:a"]);
    expect(teller.revision).toBe(cell.feed.revision);
  });

  it("tell of all locks under a prefix, whichever of its prefixes are watched", async () => {
    await take("a/b/1");
    const prefixes = ["", "a", "a/b/", "a/b/1", "a/b/12", "b"];
    const tellers = prefixes.map((prefix) => open({ prefix }).teller);
    await settle();
    for (const teller of tellers) teller.news();
    await change("a/b/2");
    await settle();
    const both = ["acquired:a/b/2", "released:a/b/2"];
    expect(tellers.map((teller) => teller.news())).toEqual([both, both, both, [], [], []]);
    await take("a");
    await settle();
    const one = ["acquired:a"];
    expect(tellers.map((teller) => teller.news())).toEqual([one, one, [], [], [], []]);
  });

  it("make one object, and one JSON, for all who are told", async () => {
    const { teller } = await live({ name: "a" });
    const { teller: other } = await live({ prefix: "" }, { token: BOB });
    await take("a");
    await settle();
    expect(teller.events[0]).toBe(other.events[0]);
    const { revision, event, lock } = teller.events[0] as WatchedEvent;
    expect(JSON.parse(`{${teller.events[0]?.tail}`)).toEqual({ revision, event, lock });
  });

  it("say which changes are of one commit", async () => {
    const { teller } = await live({ prefix: "" });
    const entry = (name: string) => ({ key: `lock/${name}`, value: null, revision: cell.feed.next });
    cell.feed.commit(["a", "b"].map((name) => ({ entry: entry(name), event: "expired" })));
    await settle();
    expect(teller.news()).toEqual(["expired:a+", "expired:b"]);
  });

  it("lose nothing between snapshot and first push (W1)", async () => {
    const read = cell.read.bind(cell);
    cell.cached = false;
    for (const when of ["before", "after"]) {
      cell.read = async (keys, mode) => {
        cell.read = read;
        if (when === "before") await change("a");
        const view = await read(keys, mode);
        if (when === "after") await change("a");
        return view;
      };
      const { teller } = open({ name: "a" });
      await settle();
      const told = teller.news();
      expect(told[0]).toBe("state:");
      if (when === "after") expect(told).toEqual(["state:", "acquired:a", "released:a"]);
      await change("a");
      await settle();
      expect(teller.news()).toEqual(["acquired:a", "released:a"]);
    }
  });

  describe("that go on after a revision", () => {
    it("tell what came since", async () => {
      const { teller, watch } = await live({ name: "a" });
      watch.close();
      await change("a");
      await change("b");
      const { teller: later } = open({ name: "a" }, { after: teller.revision });
      await settle();
      expect(later.news()).toEqual(["goes on", "acquired:a", "released:a"]);
      await change("a");
      await settle();
      expect(later.news()).toEqual(["acquired:a", "released:a"]);
    });

    it("ask the feed nothing if others who watch keep what came since", async () => {
      const { teller } = await live({ name: "a" });
      const after = teller.revision;
      teller.full = true;
      await change("a");
      await settle();
      cell.feed.compact();
      const { teller: later } = open({ name: "a" }, { after });
      await settle();
      expect(later.news()).toEqual(["goes on", "acquired:a", "released:a"]);
    });

    it("are told what those have forgotten who watch already", async () => {
      const { teller } = await live({ name: "a" });
      const after = teller.revision;
      for (let n = 0; n < 2; n += 1) {
        await change("a");
        await settle();
      }
      const { teller: later } = open({ name: "a" }, { after });
      await settle();
      expect(later.news()).toEqual(["goes on", ...teller.news()]);
    });

    it("start from the state if nobody can tell", async () => {
      await take("a");
      cell.feed.compact();
      const { teller } = open({ name: "a" }, { after: 0 });
      await settle();
      expect(teller.news()).toEqual(["state:a"]);
    });

    it("start from the state after a revision that the cell has not reached (W1)", async () => {
      const { teller } = open({ name: "a" }, { after: cell.feed.revision + 5 });
      await settle();
      expect(teller.news()).toEqual(["state:"]);
      await change("a");
      await settle();
      expect(teller.news()).toEqual(["acquired:a", "released:a"]);
    });

    it("ask the feed once for all who come together", async () => {
      const after = cell.feed.revision;
      await change("a");
      let asked = 0;
      const since = cell.feed.since.bind(cell.feed);
      cell.feed.since = (revision) => {
        asked += 1;
        return since(revision);
      };
      const tellers = Array.from({ length: 100 }, (_, n) => open({ name: "a" }, { after: after + (n % 2) }).teller);
      await settle();
      expect(asked).toBeLessThan(4);
      for (const [n, teller] of tellers.entries()) {
        expect(teller.news().slice(1)).toEqual(n % 2 ? ["released:a"] : ["acquired:a", "released:a"]);
      }
    });
  });

  it("find out with few questions who of very many must start over", async () => {
    for (let n = 0; n < 60; n += 1) await change("a");
    cell.feed.compact();
    const compacted = cell.feed.revision;
    for (let n = 0; n < 60; n += 1) await change("a");
    let asked = 0;
    const since = cell.feed.since.bind(cell.feed);
    cell.feed.since = (revision) => {
      asked += 1;
      return since(revision);
    };
    const afters = Array.from({ length: cell.feed.revision + 20 }, (_, n) => n);
    const tellers = afters.map((after) => open({ name: "a" }, { after }).teller);
    await settle();
    for (const [after, { told }] of tellers.entries()) {
      const canGoOn = after >= compacted && after <= cell.feed.revision;
      expect(told[0]).toBe(canGoOn ? "goes on" : "state:");
    }
    expect(asked).toBeLessThan(20);
  });

  describe("whose sink is full", () => {
    it("are parked, and caught up", async () => {
      const { teller, watch } = await live({ name: "a" });
      const { teller: neighbour } = await live({ name: "a" });
      teller.full = true;
      await change("a");
      await settle();
      expect(teller.news()).toEqual([]);
      expect(neighbour.news()).toEqual(["acquired:a", "released:a"]);
      teller.full = false;
      watch.drained();
      await change("a");
      await settle();
      expect(teller.news()).toEqual(["acquired:a", "released:a", "acquired:a", "released:a"]);
    });

    it("start from the state as it is when there is room for it", async () => {
      const { teller, watch } = open({ name: "a" });
      teller.full = true;
      await settle();
      expect(teller.news()).toEqual([]);
      await take("a");
      teller.full = false;
      watch.drained();
      await settle();
      expect(teller.news()).toEqual(["state:a"]);
    });

    it("are told the state if they have missed too much", async () => {
      const { teller, watch } = await live({ name: "a" });
      teller.full = true;
      for (let n = 0; n < LIMITS.watchLogCommitsMax; n += 1) await change("a");
      await take("a");
      await settle();
      expect(teller.news()).toEqual([]);
      teller.full = false;
      watch.drained();
      await settle();
      expect(teller.news()).toEqual(["resync:a"]);
      expect(watches.resyncs).toBe(1);
      cell.locks.expire("a");
      await settle();
      expect(teller.news()).toEqual(["expired:a"]);
    });

    it("stop in the middle", async () => {
      const { teller, watch } = await live({ name: "a" });
      const event = teller.event.bind(teller);
      teller.event = (one, more) => {
        event(one, more);
        teller.full = true;
      };
      await change("a");
      await settle();
      expect(teller.news()).toEqual(["acquired:a"]);
      teller.full = false;
      watch.drained();
      await settle();
      expect(teller.news()).toEqual(["released:a"]);
    });
  });

  it("tell the state when the feed has lost commits (P11)", async () => {
    const { teller } = await live({ name: "a" });
    const { teller: full, watch } = await live({ name: "a" });
    full.full = true;
    await take("a");
    cell.feed.lose();
    await settle();
    expect(teller.news()).toEqual(["resync:a"]);
    full.full = false;
    watch.drained();
    await settle();
    expect(full.news()).toEqual(["resync:a"]);
  });

  it("do not go on over a loss from the log of those who watched before it (P11)", async () => {
    const { teller } = await live({ name: "a" });
    const after = teller.revision;
    cell.feed.skip(2);
    cell.feed.lose();
    await settle();
    const { teller: later } = open({ name: "a" }, { after });
    await settle();
    expect(later.news()).toEqual(["state:"]);
  });

  it("are not fooled by a loss while they start", async () => {
    const read = cell.read.bind(cell);
    cell.cached = false;
    cell.read = async (keys, mode) => {
      cell.read = read;
      const view = await read(keys, mode);
      await take("a");
      cell.feed.lose();
      return view;
    };
    const { teller } = open({ name: "a" });
    await settle();
    expect(teller.news()).toEqual(["state:", "resync:a"]);
  });

  it("do not start if the cell cannot be asked", async () => {
    cell.cached = false;
    cell.failure = new Fault("upstream_unavailable", "The master is away.");
    const { teller } = open({ name: "a" });
    await settle();
    expect(teller.news()).toEqual(["ended:upstream_unavailable"]);
  });

  it("say nothing after they were closed, and leave nothing behind", async () => {
    const { teller, watch } = await live({ prefix: "a" });
    const { teller: starting, watch: other } = open({ name: "a" });
    other.close();
    await take("a");
    watch.close();
    watch.close();
    watch.drained();
    await settle();
    expect([teller.news(), starting.news(), watches.size]).toEqual([[], [], 0]);
    watches.close();
    expect(cell.feed.listeners).toBe(1); // the cell's own sessions
  });

  it.each<[WatchTarget, string]>([
    [{ name: "a b" }, "invalid_lock_name"],
    [{ name: "__election/a" }, "forbidden"],
    [{ prefix: "x".repeat(257) }, "invalid_lock_name"],
  ])("refuse %j", (target, code) => {
    expect(() => open(target)).toThrow(expect.objectContaining({ code }));
  });

  it("tell very many in bounded turns, and all of them in order", async () => {
    const tellers = Array.from({ length: 2_000 }, () => open({ name: "a" }).teller);
    await settle();
    for (const teller of tellers) teller.news();
    await take("a");
    const late: number[] = [];
    let turns = 0;
    const count = (): void => {
      const told = tellers.filter(({ told }) => told.length > 0).length;
      late.push(told);
      turns += 1;
      if (turns < 100) clock.afterTurn(count);
    };
    clock.afterTurn(count);
    cell.locks.expire("a");
    await settle();
    expect(Math.max(...late.map((told, at) => told - (late[at - 1] ?? 0)))).toBeLessThanOrEqual(256);
    for (const teller of tellers) expect(teller.told).toEqual(["acquired:a", "expired:a"]);
  });

  it("survive a sink that throws, and end it", async () => {
    const { teller } = await live({ name: "a" });
    const { teller: neighbour } = await live({ name: "a" });
    teller.event = () => {
      throw new Error("a bug");
    };
    await change("a");
    await settle();
    expect(teller.news()).toEqual(["ended:internal_error"]);
    expect(neighbour.news()).toEqual(["acquired:a", "released:a"]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../protocol/errors.js";
import type { SimClock } from "../../sim/sim-clock.js";
import type { CellFixture } from "../cell-service.fixture.js";
import { ALICE, BOB } from "../gateway.fixture.js";
import type { WatchTarget } from "./watch.js";
import { type Asking, WatchBench } from "./watches.fixture.js";
import type { Watches } from "./watches.js";

const AGAIN_MS = 500;

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

  describe("are authorised at each push (A2)", () => {
    it("and end when their token is revoked, also if nothing changes", async () => {
      const { teller } = await live({ name: "a" });
      const { teller: bob } = await live({ name: "a" }, { token: BOB });
      cell.revoke(ALICE);
      await settle();
      expect(teller.news()).toEqual(["ended:authentication_failed"]);
      await change("a", BOB);
      await settle();
      expect(teller.news()).toEqual([]);
      expect(bob.news()).toEqual(["acquired:a", "released:a"]);
      expect(watches.size).toBe(1);
    });

    it("and end before the change of the very commit that revokes", async () => {
      const { teller } = await live({ name: "a" });
      await take("a");
      cell.revoke(ALICE);
      await settle();
      expect(teller.news()).toEqual(["ended:authentication_failed"]);
    });

    it("and wait while the entry or the lease is missing", async () => {
      const { teller } = await live({ name: "a" });
      cell.cached = false;
      cell.keepAlives = false;
      await change("a");
      await clock.runFor(3 * AGAIN_MS);
      expect(teller.news()).toEqual([]);
      expect(cell.reads).toEqual([]);
      cell.keepAlives = true;
      await clock.runFor(AGAIN_MS);
      expect(teller.news()).toEqual(["acquired:a", "released:a"]);
    });

    it("and survive that the cell cannot be asked", async () => {
      const { teller } = await live({ name: "a" });
      cell.cached = false;
      await take("a");
      cell.failure = new Fault("upstream_unavailable", "The master is away.");
      await settle();
      expect(teller.news()).toEqual([]);
      cell.failure = new Fault("upstream_unavailable", "The master is away.");
      await clock.runFor(2 * AGAIN_MS);
      cell.feed.lose();
      await clock.runFor(2 * AGAIN_MS);
      expect(teller.news().at(-1)).toBe("resync:a");
    });

    it("also where they tell the state", async () => {
      const { teller } = await live({ name: "a" });
      cell.keepAlives = false;
      cell.feed.lose();
      await clock.runFor(3 * AGAIN_MS);
      expect(teller.news()).toEqual([]);
      cell.keepAlives = true;
      await clock.runFor(AGAIN_MS);
      expect(teller.news()).toEqual(["resync:"]);
    });

    it("which the read of the state is not, if the entry could not be kept", async () => {
      const { teller } = await live({ name: "a" });
      const readCached = cell.readCached.bind(cell);
      cell.readCached = () => undefined;
      cell.feed.lose();
      await clock.runFor(3 * AGAIN_MS);
      expect(teller.news()).toEqual([]);
      cell.readCached = readCached;
      await clock.runFor(AGAIN_MS);
      expect(teller.news()).toEqual(["resync:"]);
    });

    it("and do not start for a token that nobody knows", async () => {
      const { teller } = open({ name: "a" }, { token: "nobody" });
      const { teller: resumed } = open({ name: "a" }, { token: "nobody", after: cell.feed.revision });
      await settle();
      expect(teller.news()).toEqual(["ended:authentication_failed"]);
      expect(resumed.news()).toEqual(["ended:authentication_failed"]);
      expect(watches.size).toBe(0);
    });
  });
});

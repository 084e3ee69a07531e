import { describe, expect, it } from "vitest";
import type { SessionCaller } from "./session-caller.fixture.js";
import type { SocketDoor, SocketSession } from "./socket-door.fixture.js";
import { until } from "./until.fixture.js";

const COUNT = expect.any(Number);
const DEEP = 1_024;

/** What watchers on sockets may rely on. */
export function sessionWatchesContract(door: SocketDoor): void {
  /** Takes a lock and releases it. */
  async function change(session: SocketSession, name: string): Promise<void> {
    const { leaseId } = await session.ask("acquire", { name });
    await session.ask("release", { name, leaseId });
  }
  /** The events that were pushed, in short. */
  async function told(caller: SessionCaller, count: number): Promise<string[]> {
    return (await caller.pushed(count)).map(({ watch, event, lock }) => `${watch} ${event} ${lock.name}`);
  }

  describe("a watch", () => {
    it("begins with the state, and tells each change, in order", async () => {
      const name = door.fresh();
      const session = await door.session();
      const { leaseId, fencingToken } = await session.ask("acquire", { name });
      const caller = await door.greet(door.served.tokens.bob);
      const watching = await caller.ask({ type: "watch", id: 50, name });
      const lock = (await caller.ask({ type: "status", name })).lock;
      expect(watching).toEqual({ type: "watching", id: 50, revision: COUNT, locks: [lock] });
      await session.ask("setMetadata", { name, leaseId, metadata: "équipe" });
      await session.ask("release", { name, leaseId });
      const [metadata, released] = await caller.pushed(2);
      expect(metadata).toEqual({
        ...{ type: "event", watch: 50, revision: COUNT, event: "metadata" },
        lock: { ...lock, metadata: "équipe", fencing_token: fencingToken },
      });
      expect(released).toMatchObject({ event: "released", lock: { name, status: "free" } });
      expect(metadata.revision).toBeGreaterThan(watching.revision);
      expect(released.revision).toBeGreaterThan(metadata.revision);
    });

    it("tells of one lock, or of all under a prefix", async () => {
      const under = door.fresh();
      const session = await door.session();
      const caller = await door.greet();
      const free = await caller.ask({ type: "watch", id: 50, name: `${under}/a` });
      expect(free.locks).toEqual([]);
      await caller.ask({ type: "watch", id: 51, prefix: `${under}/` });
      await change(session, `${under}/b`);
      await change(session, `${under}/a`);
      const all = (await told(caller, 6)).sort();
      const both = (watch: number, name: string) =>
        ["acquired", "released"].map((event) => `${watch} ${event} ${name}`);
      expect(all).toEqual([...both(50, `${under}/a`), ...both(51, `${under}/a`), ...both(51, `${under}/b`)].sort());
    });

    it("of a prefix begins with all locks that are held under it", async () => {
      const under = door.fresh();
      const session = await door.session();
      for (const name of ["a", "b"]) await session.ask("acquire", { name: `${under}/${name}` });
      const { locks } = await (await door.greet()).ask({ type: "watch", prefix: `${under}/` });
      expect(locks.map((lock: { name: string }) => lock.name).sort()).toEqual([`${under}/a`, `${under}/b`]);
    });

    it("tells a release as the grant that comes with it", async () => {
      const name = door.fresh();
      const [holder, next] = [await door.session(), await door.session()];
      const { leaseId } = await holder.ask("acquire", { name });
      await next.ask("acquire", { name, wait: true });
      const caller = await door.greet();
      await caller.ask({ type: "watch", id: 50, name });
      await holder.ask("release", { name, leaseId });
      const [{ event, lock }] = await caller.pushed(1);
      expect([event, lock]).toMatchObject(["acquired", { name, status: "held" }]);
    });

    it("goes on after a revision, on another socket", async () => {
      const name = door.fresh();
      const session = await door.session();
      const first = await door.greet();
      await first.ask({ type: "watch", id: 50, name });
      await change(session, name);
      const after = (await first.pushed(2))[1].revision;
      await first.end();
      await change(session, name);
      const second = await door.greet();
      expect(await second.ask({ type: "watch", id: 60, name, after })).toEqual({
        ...{ type: "watching", id: 60, revision: after },
      });
      await change(session, name);
      const names = ["acquired", "released", "acquired", "released"].map((event) => `60 ${event} ${name}`);
      expect(await told(second, 4)).toEqual(names);
    });

    it("begins with the state where it cannot go on (W1)", async () => {
      const name = door.fresh();
      await (await door.session()).ask("acquire", { name });
      const after = Number.MAX_SAFE_INTEGER;
      const { locks, revision } = await (await door.greet()).ask({ type: "watch", name, after });
      expect(locks).toMatchObject([{ name }]);
      expect(revision).toBeLessThan(after);
    });

    it("ends when it is told to", async () => {
      const [name, other] = [door.fresh(), door.fresh()];
      const session = await door.session();
      const caller = await door.greet();
      await caller.ask({ type: "watch", id: 50, name });
      await caller.ask({ type: "watch", id: 51, name: other });
      for (const watch of [50, 50]) {
        expect(await caller.ask({ type: "unwatch", watch })).toMatchObject({ type: "unwatched" });
      }
      await change(session, name);
      await change(session, other);
      expect(await told(caller, 2)).toEqual([`51 acquired ${other}`, `51 released ${other}`]);
    });

    it.each<[{ type: string; [field: string]: unknown }, string]>([
      [{ type: "watch" }, "invalid_input"],
      [{ type: "watch", name: "a", prefix: "a" }, "invalid_input"],
      [{ type: "watch", name: "a b" }, "invalid_lock_name"],
      [{ type: "watch", name: "__election/a" }, "forbidden"],
      [{ type: "watch", prefix: "x".repeat(257) }, "invalid_lock_name"],
    ])("refuses %j", async (request, code) => {
      expect(await (await door.greet()).ask(request)).toMatchObject({ type: "error", code });
    });

    it("has an id of its own on its socket", async () => {
      const caller = await door.greet();
      await caller.ask({ type: "watch", id: 50, name: "a" });
      expect(await caller.ask({ type: "watch", id: 50, name: "a" })).toMatchObject({ id: 50, code: "conflict" });
    });

    it("whose client does not read is parked, brought up to date later, and no burden to its neighbour", async () => {
      const name = door.fresh();
      const writer = await door.session();
      const { leaseId } = await writer.ask("acquire", { name });
      const [slow, neighbour] = [await door.session(), await door.greet()];
      const watches = 40; // so that far more is told than the buffers of both sides hold
      for (let n = 0; n < watches; n += 1) await slow.ask("watch", { id: 1_000 + n, name });
      await neighbour.ask({ type: "watch", id: 50, name });
      slow.caller.pause();
      const changes = 300;
      for (let n = 1; n <= changes; n += 1) {
        await writer.ask("setMetadata", { name, leaseId, metadata: String(n).padStart(DEEP, "-") });
      }
      const numbers = (await neighbour.pushed(changes)).map(({ lock }) => Number(lock.metadata.replaceAll("-", "")));
      expect(numbers).toEqual(Array.from({ length: changes }, (_, n) => n + 1));
      slow.caller.resume();
      expect(await slow.caller.ask({ type: "status", name })).toMatchObject({ type: "status" });
      const last = new Map<number, number>();
      await until(() => {
        for (const push of slow.caller.pushes.splice(0)) note(last, push);
        return last.size === watches && [...last.values()].every((n) => n === changes);
      });
    });
  });
}

/** Notes what a watch was told last, and that it was told in order. */
function note(last: Map<number, number>, push: { type: string }): void {
  const { watch, lock, locks } = push as never as {
    watch: number;
    lock?: { metadata: string };
    locks?: { metadata: string }[];
  };
  const n = Number((lock ?? locks?.[0])?.metadata.replaceAll("-", ""));
  if (push.type === "event") expect(n).toBe((last.get(watch) ?? 0) + 1);
  else expect(n).toBeGreaterThan(last.get(watch) ?? 0);
  last.set(watch, n);
}

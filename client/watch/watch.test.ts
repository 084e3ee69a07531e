import { describe, expect, it } from "vitest";
import type { Client } from "../client.js";
import type { Session } from "../session/session.js";
import { ScriptedCell } from "../testing/scripted-cell.fixture.js";
import type { WatchItem } from "./items.js";
import type { Watch } from "./watch.js";

interface Seen {
  readonly items: WatchItem[];
  readonly done: Promise<void>;
}

/** Reads a watch to its end. */
function see(watch: Watch): Seen {
  const items: WatchItem[] = [];
  const done = (async () => {
    for await (const item of watch) items.push(item);
  })();
  done.catch(() => {});
  return { items, done };
}

const brief = (item: WatchItem) =>
  item.type === "change"
    ? `${item.event} ${item.lock.name}`
    : `${item.type} ${item.locks.map(({ name }) => name).join()}`;

async function start(): Promise<{ cell: ScriptedCell; watcher: Client; writer: Session }> {
  const cell = new ScriptedCell();
  const watcher = await cell.connect({ proxies: ["http://p1"] });
  const holder = await cell.connect({ proxies: ["http://p2"] });
  return { cell, watcher, writer: await cell.settle(holder.openSession()) };
}

/** How many watches the cell serves. */
const watched = (cell: ScriptedCell) =>
  cell.gateways.flatMap(({ lines }) => [...lines]).reduce((sum, { watches }) => sum + watches.size, 0);

const take = async (cell: ScriptedCell, session: Session, ...names: string[]) => {
  for (const name of names) await cell.settle(session.acquire(name));
  await cell.clock.runFor(100);
};

describe("a watch", () => {
  it("leaves no second watch behind where the answer to the first is late", async () => {
    const { cell, watcher, writer } = await start();
    let unanswered = 3;
    cell.of(watcher).fate = ({ type }) => (type === "watch" && unanswered-- > 0 ? "unanswered" : "arrives");
    const { items } = see(watcher.watch("a"));
    await cell.clock.runFor(60_000);
    await take(cell, writer, "a");
    await cell.clock.runFor(100);
    expect([items.map(brief), watched(cell)]).toEqual([["snapshot ", "acquired a"], 1]);
  });

  it("begins with a snapshot and goes on with changes, in order", async () => {
    const { cell, watcher, writer } = await start();
    await take(cell, writer, "db/a", "other");
    const seen = see(watcher.watch("db/"));
    await cell.clock.runFor(100);
    await take(cell, writer, "db/b", "db/c", "else");
    expect(seen.items.map(brief)).toEqual(["snapshot db/a", "acquired db/b", "acquired db/c"]);
    expect(seen.items[1]).toMatchObject({
      lock: { status: "held", fencingToken: 3, holderId: `holder of ${writer.id}` },
    });
  });

  it("P11: goes on where it was after its gateway has died, and misses nothing", async () => {
    const { cell, watcher, writer } = await start();
    const seen = see(watcher.watch({ prefix: "" }));
    await take(cell, writer, "a");
    cell.of(watcher).kill();
    await take(cell, writer, "b", "c");
    await cell.clock.runFor(10_000);
    await take(cell, writer, "d");
    expect(seen.items.map(brief)).toEqual(["snapshot ", "acquired a", "acquired b", "acquired c", "acquired d"]);
  });

  it("P11: is told to begin anew where what it missed can no longer be told", async () => {
    const { cell, watcher, writer } = await start();
    const seen = see(watcher.watch({ prefix: "" }));
    await take(cell, writer, "a");
    const left = cell.of(watcher);
    const next = cell.besides(left);
    next.fate = ({ type }) => (type === "watch" ? "lost" : "arrives");
    left.kill();
    await take(cell, writer, "b");
    cell.master.compactedTo = cell.master.revision;
    next.fate = () => "arrives";
    await cell.clock.runFor(20_000);
    expect(seen.items.map(brief)).toEqual(["snapshot ", "acquired a", "resync a,b"]);
  });

  it("that is not read holds a bounded number of items, costs nothing, and begins anew when it is read again", async () => {
    const { cell, watcher, writer } = await start();
    const watch = watcher.watch("a");
    expect(brief((await cell.settle(watch.next())).value as WatchItem)).toBe("snapshot ");
    const lock = await cell.settle(writer.acquire("a"));
    for (let i = 0; i < 1_200; i++) await cell.settle(lock.setMetadata(`${i}`));
    await cell.clock.runFor(100);
    expect(watched(cell)).toBe(0);
    const { value } = await cell.settle(watch.next());
    expect(value).toMatchObject({ type: "resync", locks: [{ metadata: "1199" }] });
    await cell.settle(lock.setMetadata("next"));
    expect((await cell.settle(watch.next())).value).toMatchObject({ type: "change", lock: { metadata: "next" } });
  });

  it("ends with its loop, and is not watched any more", async () => {
    const { cell, watcher } = await start();
    const first = (async () => {
      for await (const item of watcher.watch("a")) return item.type;
      return undefined;
    })();
    expect(await cell.settle(first)).toBe("snapshot");
    await cell.clock.runFor(100);
    expect(watched(cell)).toBe(0);
  });

  it("is not watched any more, also where the gateway does not take the first word of that", async () => {
    const { cell, watcher } = await start();
    const watch = watcher.watch("a");
    await cell.settle(watch.next());
    let lost = 1;
    cell.of(watcher).fate = ({ type }) => (type === "unwatch" && lost-- > 0 ? "lost" : "arrives");
    void watch.return();
    await cell.clock.runFor(1_000);
    expect(watched(cell)).toBe(1);
    await cell.clock.runFor(20_000);
    expect(watched(cell)).toBe(0);
  });

  it("ends with its client", async () => {
    const { cell, watcher } = await start();
    const seen = see(watcher.watch("a"));
    await cell.clock.runFor(100);
    await cell.settle(watcher.close());
    await expect(cell.settle(seen.done)).resolves.toBeUndefined();
  });

  it("throws the signal's reason", async () => {
    const { cell, watcher } = await start();
    const stop = new AbortController();
    const seen = see(watcher.watch("a", { signal: stop.signal }));
    await cell.clock.runFor(100);
    stop.abort(new Error("enough"));
    await expect(cell.settle(seen.done)).rejects.toThrow("enough");
    await expect(watcher.watch("a", { signal: stop.signal }).next()).rejects.toThrow("enough");
  });

  it("throws what the cell refused it by", async () => {
    const { cell, watcher } = await start();
    const seen = see(watcher.watch("a"));
    await cell.clock.runFor(100);
    cell.of(watcher).close("unauthenticated");
    await expect(cell.settle(seen.done)).rejects.toMatchObject({ code: "authentication_failed" });
  });
});

describe("the primary", () => {
  it("is whoever holds the lock", async () => {
    const { cell, watcher, writer } = await start();
    expect(await cell.settle(watcher.primary("a"))).toBeNull();
    await cell.settle(writer.acquire("a", { metadata: "10.0.0.1" }));
    const primary = { holderId: `holder of ${writer.id}`, fencingToken: 1, metadata: "10.0.0.1" };
    expect(await cell.settle(watcher.primary("a"))).toEqual(primary);
  });

  it("is told again when it changes, and only then", async () => {
    const { cell, watcher, writer } = await start();
    const seen: (string | null)[] = [];
    void (async () => {
      for await (const primary of watcher.watchPrimary("a")) seen.push(primary === null ? null : primary.metadata);
    })();
    await cell.clock.runFor(100);
    const lock = await cell.settle(writer.acquire("a", { metadata: "one" }));
    await cell.settle(lock.setMetadata("one"));
    await cell.settle(lock.setMetadata("two"));
    cell.of(watcher).kill();
    await cell.clock.runFor(10_000);
    await cell.settle(lock.release());
    await cell.clock.runFor(100);
    expect(seen).toEqual([null, "one", "two", null]);
  });
});

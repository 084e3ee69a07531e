import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect } from "../../client/node.js";
import type { Cell } from "../cluster/cell.js";
import { Cleanup } from "../cluster/cleanup.js";
import type { Member } from "../cluster/member.js";
import { scrape } from "../cluster/metrics.js";
import { eventually } from "../cluster/within.js";
import { startBuiltCell } from "./built-cell.fixture.js";

const PATIENCE_MS = 30_000;
/** What is told of new sessions has been told by then. */
const SETTLE_MS = 2_500;
const WATCHED_MS = 4_000;

const cleanup = new Cleanup();
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
let cell: Cell;
let proxies: Member[];

beforeAll(async () => {
  process.on("unhandledRejection", note);
  cell = await startBuiltCell(cleanup, 2);
  proxies = [await cell.startProxy(), await cell.startProxy()];
}, 120_000);

afterEach(() => {
  expect(unhandled).toEqual([]);
});

afterAll(async () => {
  await cleanup.run();
  process.off("unhandledRejection", note);
}, 60_000);

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
const member = (at: number): Member => proxies[at] as Member;

/** One more proxy, which a client of any test may choose from now on. */
async function startAnother(): Promise<Member> {
  const another = await cell.startProxy();
  proxies.push(another);
  return another;
}

/** The proxy that the client is at. */
const proxyOf = ({ proxy }: Client): Member => proxies.find(({ url }) => url === proxy) as Member;

/** A client of the user, at first at that proxy. */
async function clientAt(at: number, user = 0) {
  const client = await connect({ proxies: [member(at).url], token: cell.tokens[user] as string });
  cleanup.add(() => client.close());
  return client;
}

/** How large renewals are while nothing changes, and how many KeepAlives the proxies answer meanwhile. */
async function renewals() {
  await pause(SETTLE_MS);
  const look = async () => {
    const [master, ...fleet] = await Promise.all([cell.master, ...proxies].map(({ url }) => scrape(url)));
    const renewed = (name: string) => master?.by(`octofleet_link_${name}_total`, "call").get("renew") ?? Number.NaN;
    const kept = fleet.map((each) => each.by("octofleet_gateway_requests_total", "operation").get("keepalive") ?? 0);
    return {
      renews: renewed("requests"),
      bytes: renewed("request_bytes") + renewed("reply_bytes"),
      keepAlives: kept.reduce((sum, count) => sum + count, 0),
    };
  };
  const before = await look();
  await pause(WATCHED_MS);
  const after = await look();
  const bytes = (after.bytes - before.bytes) / (after.renews - before.renews);
  return { bytes, keepAlives: after.keepAlives - before.keepAlives };
}

describe("the client, at a cell of real processes", () => {
  it("takes, shows, changes and releases a lock, seen by others at once", async () => {
    const [one, two] = [await clientAt(0), await clientAt(1, 1)];
    const session = await one.openSession();
    const lock = await session.acquire("real/a", { metadata: "one" });
    expect([lock.held, session.state]).toEqual([true, "safe"]);
    expect(await two.primary("real/a")).toMatchObject({ fencingToken: lock.fencingToken, metadata: "one" });
    await lock.setMetadata("two");
    expect(await two.primary("real/a")).toMatchObject({ metadata: "two" });
    const other = await two.openSession();
    await expect(other.acquire("real/a")).rejects.toMatchObject({ name: "LockHeldError", metadata: "two" });
    await lock.release();
    expect(await two.primary("real/a")).toBeNull();
    await session.close();
    await other.close();
  });

  it("hands a lock on to those who wait, in their order, and forgets who gave up", async () => {
    const [one, two] = [await clientAt(0), await clientAt(1)];
    const holder = await one.openSession();
    const lock = await holder.acquire("real/queue");
    const order: string[] = [];
    const queue = async (name: string, signal?: AbortSignal) => {
      const session = await (name === "second" ? two : one).openSession();
      const got = await session.acquire("real/queue", { wait: true, metadata: name, signal });
      order.push(name);
      await got.release();
    };
    const stop = new AbortController();
    const waits: Promise<void>[] = [];
    for (const name of ["first", "second", "third"]) {
      waits.push(queue(name, name === "first" ? stop.signal : undefined));
      await pause(500); // it has its place by then
    }
    stop.abort(new Error("gave up"));
    await expect(waits[0]).rejects.toThrow("gave up");
    await lock.release();
    await Promise.all(waits.slice(1));
    expect(order).toEqual(["second", "third"]);
  });

  it("P8: forty sessions with locks cost the master renewals as large as one does, and no KeepAlive", async () => {
    const near = await clientAt(0);
    const open = async (name: string) => (await near.openSession({ leaseMs: 5_000 })).acquire(`real/kept/${name}`);
    await open("first");
    const one = await renewals();
    await Promise.all(Array.from({ length: 39 }, (_, i) => open(`${i}`)));
    const forty = await renewals();
    expect(forty.bytes / one.bytes).toBeLessThan(1.05);
    expect(forty.keepAlives).toBeGreaterThan(40);
    expect((await scrape(cell.master.url)).by("octofleet_gateway_requests_total", "operation").get("keepalive")).toBe(
      undefined,
    );
    await near.close();
  });

  it("P11: sees every change, in order", async () => {
    const [one, two] = [await clientAt(0), await clientAt(1)];
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const item of two.watch("real/watched/", { signal: stop.signal }))
        seen.push(item.type === "change" ? `${item.event} ${item.lock.name} ${item.lock.metadata}` : item.type);
    })().catch(() => {});
    await eventually(PATIENCE_MS, async () => seen.length > 0 || undefined, "no snapshot came");
    const session = await one.openSession();
    const lock = await session.acquire("real/watched/a", { metadata: "0" });
    for (let i = 1; i <= 20; i++) await lock.setMetadata(`${i}`);
    await lock.release();
    await eventually(PATIENCE_MS, async () => seen.length >= 23 || undefined, "not every change came");
    stop.abort();
    await watching;
    const middle = Array.from({ length: 20 }, (_, i) => `metadata real/watched/a ${i + 1}`);
    expect(seen).toEqual(["snapshot", "acquired real/watched/a 0", ...middle, "released real/watched/a null"]);
  });

  it("P6: keeps its session and its lock when its proxy is killed, and does not notice", async () => {
    const victim = await startAnother();
    const client = await connect({ proxies: [victim.url], token: cell.tokens[0] as string });
    cleanup.add(() => client.close());
    const session = await client.openSession();
    const told: string[] = [];
    for (const state of ["jeopardy", "expired"] as const) session.on(state, () => told.push(state));
    const lock = await session.acquire("real/kept");
    const was = client.proxy;
    proxyOf(client).child.process.kill("SIGKILL");
    await eventually(
      PATIENCE_MS,
      async () => (client.proxy !== undefined && client.proxy !== was) || undefined,
      "no move",
    );
    await lock.setMetadata("moved");
    expect([lock.held, told]).toEqual([true, []]);
    await client.close();
  });

  it("leaves a proxy that is stopped in good order, and is never without a connection", async () => {
    const leaving = await startAnother();
    const client = await connect({ proxies: [leaving.url], token: cell.tokens[0] as string });
    cleanup.add(() => client.close());
    const session = await client.openSession();
    const told: string[] = [];
    for (const state of ["jeopardy", "expired"] as const) session.on(state, () => told.push(state));
    const lock = await session.acquire("real/moved");
    const was = client.proxy;
    proxyOf(client).child.process.kill("SIGTERM");
    let withoutMs = 0;
    const moved = async () => {
      if (client.proxy === undefined) withoutMs += 50;
      return (client.proxy !== undefined && client.proxy !== was) || undefined;
    };
    await eventually(PATIENCE_MS, moved, "the client did not leave");
    await lock.setMetadata("moved");
    expect([lock.held, told, withoutMs]).toEqual([true, [], 0]);
    await client.close();
  });
});

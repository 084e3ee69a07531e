import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../adapters/system-clock.js";
import { systemRandom } from "../../adapters/system-random.js";
import { EventStreamCaller } from "../../contracts/event-stream.fixture.js";
import { HttpCaller } from "../../contracts/http-caller.fixture.js";
import { until } from "../../contracts/until.fixture.js";
import type { Clock } from "../../ports/clock.js";
import { silentLog } from "../../ports/log.js";
import { Fault } from "../../protocol/errors.js";
import { CellFixture } from "../cell-service.fixture.js";
import { ALICE, BOB } from "../gateway.fixture.js";
import { type Gateway, startGateway } from "../gateway.js";

const HEADERS = { authorization: `Bearer ${ALICE}` };

/** The system's clock, but for one long wait that a test ends when it likes. */
class PushedClock implements Clock {
  readonly #waits = new Set<() => void>();

  monotonicMs = (): number => systemClock.monotonicMs();
  wallMs = (): number => systemClock.wallMs();
  afterTurn = (fn: () => void): void => systemClock.afterTurn(fn);

  after(delayMs: number, fn: () => void) {
    if (delayMs !== 15_000) return systemClock.after(delayMs, fn);
    this.#waits.add(fn);
    return { cancel: () => void this.#waits.delete(fn) };
  }

  get waits(): number {
    return this.#waits.size;
  }

  /** Fifteen seconds pass. */
  push(): void {
    const due = [...this.#waits];
    this.#waits.clear();
    for (const fn of due) fn();
  }
}

describe("a stream of events", () => {
  let cell: CellFixture;
  let clock: PushedClock;
  let gateway: Gateway;
  let http: HttpCaller;
  const streams: EventStreamCaller[] = [];

  beforeEach(async () => {
    cell = new CellFixture({ [ALICE]: "user:alice", [BOB]: "user:bob" });
    clock = new PushedClock();
    gateway = await startGateway({
      ...{ service: cell, clock, random: systemRandom, log: silentLog, metrics: new Registry() },
      ...{ host: "127.0.0.1", port: 0 },
    });
    http = new HttpCaller(gateway.url);
  });
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
    await http.close();
    await gateway.close();
  });

  async function follow(path = "/locks/a/events", headers: Record<string, string> = HEADERS) {
    const stream = await EventStreamCaller.open(gateway.url, path, headers);
    streams.push(stream);
    return stream;
  }
  const acquire = (lock: string, body: object = {}, token = BOB) =>
    http.call(`POST /locks/${lock}/acquire`, { token, body });

  it("ends when its token is revoked, and says why (A2)", async () => {
    const stream = await follow();
    await stream.next();
    cell.revoke(ALICE);
    await acquire("a");
    const last = await stream.next();
    expect([last.event, last.id]).toEqual(["ended", undefined]);
    expect(last.data).toEqual({
      error: expect.any(String),
      code: "authentication_failed",
      details: expect.any(String),
      request_id: stream.headers["x-request-id"],
    });
    await until(() => stream.ended);
    expect(stream.text).not.toContain("acquired");
  });

  it("ends without a word of its own where OctoStore has none", async () => {
    const stream = await follow("/locks/a/watch");
    await stream.next();
    cell.revoke(ALICE);
    await until(() => stream.ended);
    expect(stream.text.match(/data: /g)).toHaveLength(1);
  });

  it("tells the state anew when changes were lost (P11)", async () => {
    const stream = await follow();
    await stream.next();
    await acquire("a", { metadata: "seen only in the state" });
    await stream.next();
    cell.feed.lose();
    const resync = await stream.next();
    expect([resync.event, resync.id]).toEqual(["resync", String(resync.data.revision)]);
    expect(resync.data.locks).toMatchObject([{ name: "a", metadata: "seen only in the state" }]);
  });

  it("ends when changes were lost for which OctoStore has no word, as it does there", async () => {
    const stream = await follow("/locks/a/watch");
    await stream.next();
    cell.feed.lose();
    await until(() => stream.ended);
    expect(stream.text.match(/data: /g)).toHaveLength(1);
  });

  it("says that it starts over where its client cannot go on", async () => {
    await acquire("a");
    cell.feed.compact();
    const stream = await follow("/locks/a/events", { ...HEADERS, "last-event-id": "1" });
    expect(await stream.next()).toMatchObject({ event: "resync", data: { locks: [{ name: "a" }] } });
  });

  it("puts an id only where its client may go on: at the end of a commit", async () => {
    const { session_id } = (await http.call("POST /sessions", { token: BOB, body: {} })).json;
    for (const lock of ["p/a", "p/b"]) await acquire(lock, { session_id, ephemeral: true });
    const stream = await follow("/events?prefix=p/");
    await stream.next();
    const entry = { key: "lock/p/a", value: null, revision: cell.feed.next };
    cell.feed.commit([
      { entry, event: "expired" },
      { entry: { ...entry, key: "lock/p/b" }, event: "expired" },
    ]);
    const [first, second] = [await stream.next(), await stream.next()];
    expect([first.event, first.id, second.event, second.id]).toEqual([
      "expired",
      undefined,
      "expired",
      String(cell.feed.revision),
    ]);
  });

  it("shows that it lives while nothing happens", async () => {
    const stream = await follow();
    await stream.next();
    for (const times of [1, 2]) {
      clock.push();
      await until(() => (stream.text.match(/^:$/gm) ?? []).length === times);
    }
  });

  it("is an ordinary error while it cannot be begun", async () => {
    cell.cached = false;
    cell.failure = new Fault("upstream_unavailable", "The master is away.", { retryAfterMs: 500 });
    const refused = await http.call("GET /locks/a/events", { token: ALICE });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([502, "1"]);
    const read = cell.read.bind(cell);
    let reads = 0;
    cell.read = async (keys, mode) => {
      reads += 1;
      if (reads === 2) throw new Fault("overloaded", "Only the token could be read."); // the watch's first read
      return read(keys, mode);
    };
    const late = await http.call("GET /locks/a/events", { token: ALICE });
    expect([late.status, late.json.code]).toEqual([503, "overloaded"]);
  });

  it("ends when the gateway stops, and sends its client elsewhere", async () => {
    const [stream, watch] = [await follow(), await follow("/locks/a/watch")];
    await stream.next();
    await gateway.close();
    expect(await stream.next()).toMatchObject({ event: "ended", data: { code: "shutting_down" } });
    await until(() => stream.ended && watch.ended);
  });

  it("is closed when its client leaves, its watch and its timer with it", async () => {
    const stream = await follow();
    await stream.next();
    expect(clock.waits).toBe(1);
    await stream.close();
    await until(() => clock.waits === 0);
    const before = cell.readCalls;
    cell.feed.commit([{ entry: { key: "lock/a", value: null, revision: cell.feed.next }, event: "released" }]);
    await pause(20);
    expect(cell.readCalls).toBe(before); // nobody was to be authorised
  });

  it("does not follow anything for a client that left while its token was looked up", async () => {
    cell.cached = false;
    const read = cell.read.bind(cell);
    let asked = 0;
    let answer = (): void => {};
    cell.read = async (keys, mode) => {
      asked += 1;
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return read(keys, mode);
    };
    const sent = request(`${gateway.url}/locks/a/events`, { headers: HEADERS }).end();
    sent.on("error", () => {});
    await until(() => asked === 1);
    sent.destroy();
    await pause(50);
    answer();
    await pause(50);
    expect([asked, clock.waits]).toEqual([1, 0]); // the watch would have asked for its state
  });

  it("is dropped when its client has not read for five minutes, also when it has ended", async () => {
    for (const isEnded of [false, true]) {
      const { stuck, fill } = await unread();
      await fill(20_000);
      if (isEnded) cell.revoke(ALICE);
      await pause(20);
      for (let times = 1; times < 20; times += 1) clock.push();
      await pause(20);
      expect(clock.waits).toBe(1);
      clock.push();
      await until(() => clock.waits === 0);
      stuck.destroy();
    }
  });

  it("is not dropped while its client reads now and then", async () => {
    const { stuck, fill } = await unread();
    let text = "";
    stuck.on("data", (chunk) => {
      text += chunk;
    });
    for (let times = 0; times < 2; times += 1) {
      stuck.pause();
      await fill(10_000);
      for (let n = 0; n < 15; n += 1) clock.push();
      await pause(20);
      expect(clock.waits).toBe(1);
      stuck.resume();
      await until(() => text.includes(`id: ${cell.feed.revision}\n`));
    }
    stuck.destroy();
  });

  /** A stream under big/ that nobody reads, and a way to write much into it. */
  async function unread() {
    const sent = request(`${gateway.url}/events?prefix=big/`, { headers: HEADERS }).end();
    const [stuck] = (await once(sent, "response")) as [IncomingMessage];
    const metadata = "x".repeat(1_024);
    const { lease_id: leaseId } = (await acquire("big/a", { metadata })).json;
    const writer = { principal: "user:bob", sessionId: undefined, operationId: undefined };
    const fill = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n += 1) {
        cell.locks.apply({ kind: "setMetadata", name: "big/a", leaseId, metadata: `${n} ${metadata}` }, writer);
        if (n % 100 === 0) await pause(0);
      }
    };
    return { stuck, fill };
  }

  it("does not pile up what its client does not read, and then tells the state (P11)", async () => {
    const { stuck, fill } = await unread();
    const quick = await follow("/events?prefix=big/");
    await quick.next();
    await fill(4_000);
    await until(() => quick.text.includes(`id: ${cell.feed.revision}\n`));
    let text = "";
    stuck.on("data", (chunk) => {
      text += chunk;
    });
    await until(() => text.includes(`id: ${cell.feed.revision}\n`));
    expect(text).toContain("event: resync\n");
    stuck.destroy();
  });
});

import { setTimeout as pause } from "node:timers/promises";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemRandom } from "../../adapters/system-random.js";
import { HttpCaller } from "../../contracts/http-caller.fixture.js";
import { SessionCaller } from "../../contracts/session-caller.fixture.js";
import { sessionsContract } from "../../contracts/sessions.contract.js";
import { until } from "../../contracts/until.fixture.js";
import { silentLog } from "../../ports/log.js";
import { Fault } from "../../protocol/errors.js";
import { LIMITS } from "../../protocol/limits.js";
import { CLOSE_CODES } from "../../protocol/session/close-codes.js";
import { SimClock } from "../../sim/sim-clock.js";
import { CellFixture } from "../cell-service.fixture.js";
import { ADMIN_KEY, ALICE, BOB, serveFixture } from "../gateway.fixture.js";
import { type Gateway, startGateway } from "../gateway.js";

for (const cached of [true, false]) {
  sessionsContract(`before a cell in one object, ${cached ? "all" : "nothing"} of it in the cache`, async () => {
    const { cell, gateway } = await serveFixture();
    cell.cached = cached;
    return { url: gateway.url, tokens: { alice: ALICE, bob: BOB }, adminKey: ADMIN_KEY, stop: () => gateway.close() };
  });
}

describe("the WebSocket door", () => {
  let cell: CellFixture;
  let gateway: Gateway;
  beforeEach(async () => {
    ({ cell, gateway } = await serveFixture());
  });
  afterEach(() => gateway.close());

  /** Somebody with a session. */
  async function holder(token: string) {
    const caller = await SessionCaller.greet(gateway.url, token);
    const { sessionId, resumeSecret } = await caller.ask({ type: "openSession" });
    let operations = 0;
    const ask = (type: string, request: Record<string, unknown> = {}) => {
      operations += 1;
      return caller.ask({ type, sessionId, operationId: `${sessionId}-${operations}`, ...request });
    };
    const take = async (name: string): Promise<string> => (await ask("acquire", { name })).leaseId;
    const release = (name: string, leaseId: string) => ask("release", { name, leaseId });
    return { caller, sessionId, resumeSecret, ask, take, release };
  }

  /** Holds look-ups of what is not in the cache until `finish`; after `restore` the next ones are answered at once. */
  function holdLookUps() {
    const { cached } = cell;
    const read = cell.read.bind(cell);
    const held: (() => void)[] = [];
    cell.cached = false;
    cell.read = async (keys, mode) => {
      await new Promise<void>((resolve) => void held.push(resolve));
      return read(keys, mode);
    };
    const restore = (): void => void Object.assign(cell, { cached, read });
    const finish = (): void => {
      for (const resolve of held) resolve();
    };
    return { restore, finish, hasBegun: () => held.length > 0 };
  }

  async function metric(name: string): Promise<string | undefined> {
    const http = new HttpCaller(gateway.url);
    const { text } = await http.call("GET /metrics");
    await http.close();
    return new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1];
  }

  it.each([true, false])("authorises each request at its moment (A2); from the cache: %s", async (cached) => {
    cell.cached = cached;
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const { sessionId } = await caller.ask({ type: "openSession" });
    cell.revoke(ALICE);
    expect(await caller.ask({ type: "keepAlive", sessionId })).toMatchObject({ code: "authentication_failed" });
    expect(await caller.closed).toBe(4401);
  });

  it("answers a KeepAlive only while the gateway's own lease runs", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const { sessionId } = await caller.ask({ type: "openSession" });
    cell.keepAlives = false;
    const lost = { type: "error", code: "overloaded", retryAfterMs: LIMITS.renewEveryMs };
    expect(await caller.ask({ type: "keepAlive", sessionId })).toMatchObject(lost);
    expect(await caller.ask({ type: "openSession" })).toMatchObject(lost);
    cell.keepAlives = true;
    expect(await caller.ask({ type: "keepAlive", sessionId })).toMatchObject({ type: "keptAlive" });
    await caller.end();
  });

  it("hands on why the cell could not answer", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    cell.cached = false;
    cell.failure = new Fault("upstream_unavailable", "The master is away.", { retryAfterMs: 500 });
    expect(await caller.ask({ type: "status", name: "a" })).toEqual({
      type: "error",
      id: 2,
      code: "upstream_unavailable",
      details: "The master is away.",
      retryAfterMs: 500,
    });
    await caller.end();
  });

  it("bounds what waits for the cell on one socket", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    let finish = (): void => {};
    const decided = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const read = cell.read.bind(cell);
    cell.read = async (keys, mode) => {
      await decided;
      return read(keys, mode);
    };
    cell.cached = false;
    const asked = Array.from({ length: LIMITS.socketRequestsMax + 1 }, () => caller.ask({ type: "status", name: "a" }));
    expect(await asked.pop()).toMatchObject({ code: "rate_limited" });
    finish();
    expect((await Promise.all(asked)).every(({ type }) => type === "status")).toBe(true);
    await caller.end();
  });

  it("closes a socket whose replies are not read, and serves the others", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const { sessionId } = await caller.ask({ type: "openSession" });
    caller.pause();
    const before = cell.readCalls;
    const sent = 100_000; // their replies are far more than the buffers of both sides hold
    for (let n = 0; n < sent; n += 1) caller.send(JSON.stringify({ type: "status", id: 9, name: "x".repeat(64) }));
    await until(() => cell.readCalls > before);
    await untilStill(() => cell.readCalls);
    expect(cell.readCalls - before).toBeLessThan(sent);
    const other = await SessionCaller.greet(gateway.url, ALICE);
    expect(await other.ask({ type: "keepAlive", sessionId })).toMatchObject({ type: "keptAlive" });
    await other.end();
    await caller.end();
  });

  it("takes nobody in while the process does not serve", async () => {
    cell.state = { ...cell.state, ready: false };
    const caller = new SessionCaller(gateway.url);
    expect(await caller.closed).toBe(1013);
  });

  describe("pushes", () => {
    it("no more once the token is revoked (A2), and closes the socket", async () => {
      const caller = await SessionCaller.greet(gateway.url, ALICE);
      const writer = await holder(BOB);
      await caller.ask({ type: "watch", id: 50, name: "a" });
      const leaseId = await writer.take("a");
      await caller.pushed(1);
      cell.revoke(ALICE);
      await writer.release("a", leaseId);
      expect(await caller.closed).toBe(4401);
      expect(caller.pushes).toEqual([]);
      await writer.caller.end();
    });

    it.each([
      ["granted", (): unknown => cell.locks.expire("a")],
      ["sessionGone", (waiter: string): unknown => cell.sessions.take(waiter)],
    ])("%s by leave of the token's entry only (A2)", async (type, cause) => {
      const other = await holder(BOB);
      await other.take("a");
      const waiter = await holder(ALICE);
      await waiter.ask("acquire", { name: "a", wait: true });
      cell.cached = false;
      cell.keepAlives = false;
      cause(waiter.sessionId);
      await turn();
      expect(waiter.caller.pushes).toEqual([]);
      cell.cached = true;
      await waiter.caller.ask({ type: "status", name: "a" });
      expect(await waiter.caller.pushed(1)).toMatchObject([{ type, sessionId: waiter.sessionId }]);
      await Promise.all([other.caller.end(), waiter.caller.end()]);
    });

    it("what waited for the entry, as soon as it is there", async () => {
      const waiter = await holder(ALICE);
      await waiter.take("a");
      cell.cached = false;
      cell.sessions.fallSilent(waiter.sessionId);
      const gone = { type: "sessionGone", sessionId: waiter.sessionId, why: "ended" };
      expect(await waiter.caller.pushed(1)).toEqual([gone]);
      await waiter.caller.end();
    });

    it("nothing to a revoked token, whose socket it closes", async () => {
      const waiter = await holder(ALICE);
      cell.revoke(ALICE);
      cell.sessions.fallSilent(waiter.sessionId);
      expect(await waiter.caller.closed).toBe(4401);
      expect(waiter.caller.pushes).toEqual([]);
    });

    it("to a watch that loses its reader nothing, and forgets it", async () => {
      const caller = await SessionCaller.greet(gateway.url, ALICE);
      await caller.ask({ type: "watch", name: "a" });
      await caller.end();
      const watches = () => metric("octofleet_gateway_watches");
      while ((await watches()) !== "0") await turn();
    });
  });

  it("opens no watch for a socket that was closed while its token was looked up", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const lookUp = holdLookUps();
    caller.ask({ type: "watch", name: "a" }).catch(() => {});
    await until(lookUp.hasBegun);
    await caller.end();
    while ((await metric("octofleet_gateway_sockets")) !== "0") await turn();
    lookUp.restore();
    lookUp.finish();
    await turn();
    expect(await metric("octofleet_gateway_watches")).toBe("0");
  });

  it("opens no watch that was ended while its token was looked up", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const lookUp = holdLookUps();
    const watching = caller.ask({ type: "watch", name: "a" });
    await until(lookUp.hasBegun);
    lookUp.restore();
    expect(await caller.ask({ type: "unwatch", watch: 2 })).toMatchObject({ type: "unwatched" });
    lookUp.finish();
    expect(await watching).toMatchObject({ type: "error", id: 2, code: "conflict" });
    expect(await metric("octofleet_gateway_watches")).toBe("0");
  });

  it("begins many watches of much, one as soon as the one before is read", async () => {
    const writer = await holder(BOB);
    const metadata = "x".repeat(LIMITS.metadataCharsMax);
    for (let n = 0; n < 300; n += 1) await writer.ask("acquire", { name: `many/${n}`, metadata });
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const asked = Array.from({ length: 40 }, () => caller.ask({ type: "watch", prefix: "many/" }));
    for (const begun of await Promise.all(asked)) expect(begun.locks).toHaveLength(300);
    await Promise.all([writer.caller.end(), caller.end()]);
  });

  it("ends a watch whose feed has failed, and says so", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    cell.feed.since = async () => {
      throw new Fault("upstream_unavailable", "The master is away.", { retryAfterMs: 500 });
    };
    for (let n = 0; n < 2; n += 1) {
      const asked = { type: "watch", id: 50, name: "a", after: 0 };
      expect(await caller.ask(asked)).toMatchObject({ id: 50, code: "upstream_unavailable", retryAfterMs: 500 });
    }
    await caller.end();
  });

  it("bounds the watches of one socket", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const asked = Array.from({ length: LIMITS.watchesPerSocketMax }, () => caller.ask({ type: "watch", name: "a" }));
    expect((await Promise.all(asked)).every(({ type }) => type === "watching")).toBe(true);
    expect(await caller.ask({ type: "watch", name: "a" })).toMatchObject({ code: "capacity_exceeded" });
    await caller.end();
  });

  it("asks everybody to go elsewhere before it closes, and serves them meanwhile", async () => {
    cell.proxies = ["here", "there"].map((name) => ({ name, url: `http://${name}`, zone: "" }));
    const [first, second] = [await holder(ALICE), await holder(BOB)];
    let closed = false;
    const closing = gateway.close({ withinMs: 60_000, self: "here" }).then(() => {
      closed = true;
    });
    const away = { type: "goAway", withinMs: 60_000, proxies: [{ name: "there", url: "http://there", zone: "" }] };
    expect(await first.caller.pushed(1)).toEqual([away]);
    expect(await second.ask("keepAlive")).toMatchObject({ type: "keptAlive" });
    const http = new HttpCaller(gateway.url);
    expect((await http.call("GET /readyz")).json).toMatchObject({ ready: false, reason: "This gateway stops." });
    expect((await http.call("GET /locks/a", { token: ALICE })).status).toBe(200);
    await http.close();
    expect(await new SessionCaller(gateway.url).closed).toBe(1001);
    await first.caller.end();
    await turn();
    expect(closed).toBe(false);
    await second.caller.end();
    await closing;
  });

  it("waits no longer than it was told for those who do not go", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const closing = gateway.close({ withinMs: 50 });
    expect(await caller.closed).toBe(1001);
    expect(caller.pushes).toMatchObject([{ type: "goAway", withinMs: 50 }]);
    await closing;
  });

  it("takes in as many as it may in a second, and tells the others when to come back", async () => {
    await gateway.close();
    const parts = { service: cell, clock: new SimClock(), random: systemRandom, log: silentLog, socketsPerS: 2 };
    gateway = await startGateway({ ...parts, metrics: new Registry(), host: "127.0.0.1", port: 0 });
    const callers = Array.from({ length: 5 }, () => new SessionCaller(gateway.url));
    await Promise.all(callers.slice(2).map(({ closed }) => closed));
    const refused = await Promise.all(callers.filter(({ reason }) => reason !== "").map(({ closed }) => closed));
    expect(refused).toEqual([1013, 1013, 1013]);
    const hints = callers.map(({ reason }) => /in (\d+) ms/.exec(reason)?.[1]).filter((hint) => hint !== undefined);
    expect(hints.sort()).toEqual(["1000", "1500", "500"]);
    await Promise.all(callers.map((caller) => caller.end()));
  });

  it("never logs a token or a secret", async () => {
    const lines: string[] = [];
    const note = (fields: object, message: string): void => {
      lines.push(JSON.stringify(fields) + String((fields as { err?: Error }).err?.stack) + message);
    };
    await gateway.close();
    ({ cell, gateway } = await serveFixture({ debug: note, info: note, warn: note, error: note }));
    const session = await holder(ALICE);
    cell.sessions.resume = () => Promise.reject(new Error("a bug"));
    const { sessionId, resumeSecret } = session;
    const resume = { type: "resumeSession", sessionId, resumeSecret };
    expect(await session.caller.ask(resume)).toMatchObject({ code: "internal_error" });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(ALICE);
    expect(lines[0]).not.toContain(resumeSecret);
    await session.caller.end();
  });

  it("sends everybody away when it closes", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const closed = gateway.close();
    expect(await caller.closed).toBe(1001);
    await closed;
  });

  it("counts requests and sessions", async () => {
    const caller = await SessionCaller.greet(gateway.url, ALICE);
    const { sessionId } = await caller.ask({ type: "openSession" });
    await caller.ask({ type: "openSession" });
    await caller.ask({ type: "keepAlive", sessionId });
    await caller.ask({ type: "closeSession", sessionId });
    await caller.ask({ type: "closeSession", sessionId });
    await caller.ask({ type: "status", name: "a" });
    await caller.ask({ type: "watch", name: "a" });
    const http = new HttpCaller(gateway.url);
    const { text } = await http.call("GET /metrics");
    for (const line of [
      'octofleet_gateway_requests_total{operation="open_session",class="2xx"} 2',
      'octofleet_gateway_requests_total{operation="keepalive",class="2xx"} 1',
      'octofleet_gateway_requests_total{operation="close_session",class="2xx"} 1',
      'octofleet_gateway_requests_total{operation="close_session",class="4xx"} 1',
      'octofleet_gateway_requests_total{operation="status",class="2xx"} 1',
      'octofleet_gateway_requests_total{operation="watch",class="2xx"} 1',
      "octofleet_gateway_sessions 1",
      "octofleet_gateway_sockets 1",
      "octofleet_gateway_watches 1",
    ]) {
      expect(text).toContain(line);
    }
    await http.close();
    await caller.end();
  });
});

describe("the WebSocket door, in time", () => {
  it("closes sockets that say nothing: soon before hello, late after it", async () => {
    const clock = new SimClock();
    const cell = new CellFixture({ [ALICE]: "user:alice" }, ADMIN_KEY, clock);
    const parts = { service: cell, clock, random: systemRandom, log: silentLog, metrics: new Registry() };
    const gateway = await startGateway({ ...parts, host: "127.0.0.1", port: 0 });
    const mute = new SessionCaller(gateway.url);
    await mute.opened;
    const greeted = await SessionCaller.greet(gateway.url, ALICE);
    await clock.runFor(LIMITS.helloWithinMs + 500);
    expect(await mute.closed).toBe(4408);
    expect(await greeted.ask({ type: "status", name: "a" })).toMatchObject({ type: "status" });
    await clock.runFor(LIMITS.sessionLeaseMsMax + 500);
    expect(await greeted.closed).toBe(4408);
    await gateway.close();
  });
});

describe("the close codes", () => {
  it("have reasons that fit into a close frame", () => {
    for (const { reason } of Object.values(CLOSE_CODES)) expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    const codes = Object.values(CLOSE_CODES).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

/** Some time, in which what is on its way arrives. */
const turn = (): Promise<void> => pause(20);

/** Waits until a number has stopped changing for a while. */
async function untilStill(count: () => number): Promise<void> {
  let last = count();
  let same = 0;
  await until(() => {
    same = last === count() ? same + 1 : 0;
    last = count();
    return same > 10;
  });
}

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
import type { CellFixture } from "../cell-service.fixture.js";
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
    const http = new HttpCaller(gateway.url);
    const { text } = await http.call("GET /metrics");
    for (const line of [
      'octofleet_gateway_requests_total{operation="open_session",class="2xx"} 2',
      'octofleet_gateway_requests_total{operation="keepalive",class="2xx"} 1',
      'octofleet_gateway_requests_total{operation="close_session",class="2xx"} 1',
      'octofleet_gateway_requests_total{operation="close_session",class="4xx"} 1',
      'octofleet_gateway_requests_total{operation="status",class="2xx"} 1',
      "octofleet_gateway_sessions 1",
    ]) {
      expect(text).toContain(line);
    }
    await http.close();
    await caller.end();
  });
});

describe("the WebSocket door, in time", () => {
  it("closes sockets that say nothing: soon before hello, late after it", async () => {
    const { cell, gateway: unused } = await serveFixture();
    await unused.close();
    const clock = new SimClock();
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

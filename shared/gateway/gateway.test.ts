import { once } from "node:events";
import { connect } from "node:net";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../adapters/system-clock.js";
import { systemRandom } from "../adapters/system-random.js";
import { HttpCaller } from "../contracts/http-caller.fixture.js";
import { talk } from "../contracts/talk.fixture.js";
import { until } from "../contracts/until.fixture.js";
import { type Log, silentLog } from "../ports/log.js";
import { Fault } from "../protocol/errors.js";
import { lockKey, tokenKey } from "../protocol/keys.js";
import { adminKeyHash, tokenHash } from "../protocol/tokens.js";
import { SimClock } from "../sim/sim-clock.js";
import type { CellFixture } from "./cell-service.fixture.js";
import { ADMIN_KEY, ALICE, serveFixture } from "./gateway.fixture.js";
import { type Gateway, startGateway } from "./gateway.js";

const alice = { token: ALICE };
const aliceKey = tokenKey(tokenHash(ALICE));

describe("the gateway", () => {
  let cell: CellFixture;
  let gateway: Gateway;
  let http: HttpCaller;
  const logged: { fields: object; message: string }[] = [];
  const log: Log = { ...silentLog, error: (fields, message) => logged.push({ fields, message }) };
  beforeEach(async () => {
    logged.length = 0;
    ({ cell, gateway } = await serveFixture(log));
    http = new HttpCaller(gateway.url);
  });
  afterEach(async () => {
    await http.close();
    await gateway.close();
  });

  describe("reads", () => {
    it("ask for the token and the lock at one instant (A1)", async () => {
      cell.cached = false;
      await http.call("GET /locks/a", alice);
      expect(cell.reads).toEqual([{ keys: [aliceKey, lockKey("a")], mode: {} }]);
    });

    it("ask for all tokens that are shown, the admin key first", async () => {
      await http.call("GET /locks?prefix=a", { ...alice, headers: { "x-admin-key": ADMIN_KEY } });
      expect(cell.reads[0]?.keys).toEqual([tokenKey(adminKeyHash(ADMIN_KEY)), aliceKey, "list/a"]);
    });

    it.each([
      ["no-cache", { bypass: true }],
      ["max-age=0", { bypass: true }],
      ["max-stale=5", { maxStaleMs: 5_000 }],
      ["max-stale", { maxStaleMs: 60_000 }],
      ["max-stale=999999", { maxStaleMs: 60_000 }],
      ["Max-Stale = 7, no-transform", { maxStaleMs: 7_000 }],
      ["max-stale=soon", { maxStaleMs: 0 }],
      ["max-age=10", {}],
    ])("hand on what Cache-Control asks for: %s", async (header, mode) => {
      await http.call("GET /locks/a", { ...alice, headers: { "cache-control": header } });
      expect(cell.reads.map((read) => read.mode)).toEqual([mode]);
    });

    it("tell the age in whole seconds, and where they come from", async () => {
      cell.source = "stale";
      cell.ageMs = 2_999;
      const { headers } = await http.call("GET /locks/a", alice);
      expect([headers.age, headers["x-cache"]]).toEqual(["2", "stale"]);
    });

    it("stop with the token", async () => {
      expect((await http.call("GET /locks/a", alice)).status).toBe(200);
      cell.revoke(ALICE);
      expect((await http.call("GET /locks/a", alice)).json.code).toBe("authentication_failed");
    });
  });

  describe("errors", () => {
    it("say after how long to come again", async () => {
      cell.failure = new Fault("overloaded", "No lease.", { retryAfterMs: 1_200 });
      const reply = await http.call("GET /locks?prefix=", alice);
      expect([reply.status, reply.headers["retry-after"]]).toEqual([503, "2"]);
      expect(reply.json).toEqual({
        error: "Not answering just now",
        code: "overloaded",
        details: "No lease.",
        request_id: reply.headers["x-request-id"],
        retry_after_ms: 1_200,
      });
    });

    it("that nobody foresaw are told to the log, and not to the user", async () => {
      cell.failure = new Error("secret of the house");
      const reply = await http.call("POST /locks/a/acquire", { ...alice, body: {} });
      expect([reply.status, reply.json.code]).toEqual([500, "internal_error"]);
      expect(reply.text).not.toContain("secret");
      expect(logged).toEqual([
        { fields: { err: expect.any(Error), requestId: reply.json.request_id }, message: "a request failed" },
      ]);
    });

    const close = "Host: x\r\nConnection: close\r\n";
    it.each([
      ["no HTTP", "NONSENSE\r\n\r\n", "400 Bad Request"],
      [
        "large headers",
        `GET /health HTTP/1.1\r\n${close}A: ${"a".repeat(20_000)}\r\n\r\n`,
        "431 Request Header Fields Too Large",
      ],
      ["an expectation", `GET /locks/a HTTP/1.1\r\n${close}Expect: foo\r\n\r\n`, "417 Expectation Failed"],
    ])("have the usual shape where HTTP itself fails: %s", async (_, request, status) => {
      const text = await talk(gateway.url, request);
      expect(text.split("\r\n")[0]).toBe(`HTTP/1.1 ${status}`);
      const id = /X-Request-Id: (req_[0-9a-f]{32})\r\n/.exec(text)?.[1];
      expect(JSON.parse(text.slice(text.indexOf("{")))).toMatchObject({ code: "invalid_input", request_id: id });
    });
  });

  it("reads a lock's name only from where locks are", async () => {
    expect((await http.call("GET /%6Cocks/abc", alice)).status).toBe(404);
    expect((await http.call("POST /%6Cocks/abc/acquire", { ...alice, body: {} })).status).toBe(404);
  });

  it("hands on the token and the client's operation id with a write", async () => {
    const headers = { "idempotency-key": "!key~" };
    await http.call("POST /locks/a/acquire", { ...alice, headers, body: { ttl_seconds: 7, lock_delay_seconds: 2 } });
    await http.call("POST /locks/b/acquire", { ...alice, body: {} });
    const plain = { kind: "acquire", metadata: null, delayOnRelease: true, ephemeral: false, wait: false };
    expect(cell.writes).toEqual([
      {
        command: { ...plain, name: "a", ttlMs: 7_000, lockDelayMs: 2_000 },
        tokenHash: tokenHash(ALICE),
        operationId: "!key~",
      },
      {
        command: { ...plain, name: "b", ttlMs: 60_000, lockDelayMs: 0 },
        tokenHash: tokenHash(ALICE),
      },
    ]);
  });

  it("shows a lock without a TTL, which lives with its session, and lets its owner release it", async () => {
    const caller = { principal: "user:alice", tokenHash: tokenHash(ALICE) };
    const { sessionId } = cell.sessions.open(caller, undefined, cell.sessions.newVoice({ onGrant() {}, onGone() {} }));
    const how = { ttlMs: null, metadata: null, lockDelayMs: 0, delayOnRelease: false, ephemeral: true, wait: false };
    const command = { kind: "acquire" as const, name: "a", ...how };
    const { answer } = await cell.sessions.execute(caller, { sessionId, operationId: "o", command });
    expect((await http.call("GET /locks/a", alice)).json).toMatchObject({ status: "held", expires_at: null });
    const held = await http.call("POST /locks/a/acquire", { ...alice, body: {} });
    expect(held.json).toMatchObject({ status: "held", expires_at: null, retry_after_ms: expect.any(Number) });
    expect(held.json.retry_after_ms).toBeGreaterThan(0);
    const body = { lease_id: (answer as { leaseId: string }).leaseId };
    expect((await http.call("POST /locks/a/renew", { ...alice, body })).status).toBe(409);
    expect((await http.call("POST /locks/a/release", { ...alice, body })).text).toBe("null");
    expect((await http.call(`GET /sessions/${sessionId}`, alice)).json).toMatchObject({ lock_count: 0, active: true });
  });

  it("shows where else to go", async () => {
    cell.proxies = [{ name: "proxy-1", url: "http://10.0.0.1:7201", zone: "local" }];
    const { json, headers } = await http.call("GET /proxies", alice);
    expect([json, headers["cache-control"]]).toEqual([{ proxies: cell.proxies }, "no-store"]);
  });

  it("is ready without a bus, and says so; and not ready without a cell", async () => {
    cell.state = { ...cell.state, bus: "down", reason: "The bus is down: writes are slower." };
    const slower = await http.call("GET /readyz");
    expect([slower.status, slower.json]).toMatchObject([200, { ready: true, bus: "down", reason: cell.state.reason }]);
    cell.state = { ...cell.state, ready: false, reason: "No lease yet." };
    const unready = await http.call("GET /readyz");
    expect([unready.status, unready.json]).toMatchObject([503, { ready: false, reason: "No lease yet." }]);
    expect((await http.call("GET /health")).status).toBe(200);
  });

  it("says in a sentence that its port is taken", async () => {
    const parts = { service: cell, clock: systemClock, random: systemRandom, log, metrics: new Registry() };
    const second = startGateway({ ...parts, host: "127.0.0.1", port: gateway.port });
    await expect(second).rejects.toThrow(`Cannot listen on port ${gateway.port} of 127.0.0.1: it is in use already.`);
  });

  it("finishes what is under way when it closes, takes nothing new, and keeps no connection", async () => {
    let finish = (): void => {};
    const decided = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const execute = cell.execute.bind(cell);
    cell.execute = async (write) => {
      await decided;
      return execute(write);
    };
    const idle = connect(gateway.port, "127.0.0.1");
    const writing = http.call("POST /locks/a/acquire", { ...alice, body: {} });
    await until(() => cell.readCalls > 0);
    const closed = gateway.close();
    await expect(new HttpCaller(gateway.url).call("GET /health")).rejects.toThrow();
    finish();
    expect((await writing).json.status).toBe("acquired");
    await closed;
    idle.destroy();
  });

  it("leaves nothing behind on a socket of which another protocol was offered", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    const socket = connect(gateway.port, "127.0.0.1");
    const times = 20; // more than listeners may pile up without a warning
    for (let n = 0; n < times; n += 1) {
      socket.write("GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
      expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1\.1 200 OK/);
    }
    socket.destroy();
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  it("hands on every header of a request that offers another protocol", async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => `x${n}: 1\r\n`).join("");
    const body = '{"metadata":"kept"}';
    const about = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
    const offer = "Connection: Upgrade, close\r\nUpgrade: h2c\r\n";
    const head = `Host: x\r\nAuthorization: Bearer ${ALICE}\r\n${offer}${many}${about}`;
    const heard = await talk(gateway.url, `POST /locks/a/acquire HTTP/1.1\r\n${head}\r\n${body}`);
    expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200"]);
    expect(heard).toContain('"metadata":"kept"');
  });

  it("does not wait for connections that have nothing more to say", async () => {
    const clock = new SimClock();
    const parts = { service: cell, clock, random: systemRandom, log, metrics: new Registry() };
    const own = await startGateway({ ...parts, host: "127.0.0.1", port: 0 });
    const caller = new HttpCaller(own.url);
    const execute = cell.execute.bind(cell);
    let closed: Promise<void> | undefined;
    cell.execute = (write) => {
      closed = own.close(); // so the request is older than the closing, and its connection stays open
      return execute(write);
    };
    await caller.call("POST /locks/a/acquire", { ...alice, body: {} });
    await clock.runFor(100);
    await closed;
    await caller.close();
  });

  it("does not wait for ever for what another protocol was offered behind", async () => {
    cell.execute = () => new Promise(() => {});
    const head = `Host: x\r\nAuthorization: Bearer ${ALICE}\r\n`;
    const write = `POST /locks/a/acquire HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 2\r\n`;
    const offer = `GET /health HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: h2c\r\n`;
    const heard = talk(gateway.url, `${write}\r\n{}${offer}\r\n`);
    heard.catch(() => {});
    await until(() => cell.readCalls > 0);
    await gateway.close();
  });

  it("waits for nobody for ever", async () => {
    cell.execute = () => new Promise(() => {});
    const writing = http.call("POST /locks/a/acquire", { ...alice, body: {} });
    writing.catch(() => {});
    await until(() => cell.readCalls > 0);
    await gateway.close();
    await expect(writing).rejects.toThrow();
  });
});

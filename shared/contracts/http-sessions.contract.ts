import { describe, expect, it } from "vitest";
import { type Door, expectFault, NO_LEASE } from "./door.fixture.js";
import type { Call, Reply } from "./http-caller.fixture.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;
/** Well formed, and of nobody. */
const NO_SESSION = NO_LEASE;

/** What the HTTP door does with sessions, and with the locks that live with them. */
export function httpSessionsContract(door: Door): void {
  const create = (who: Call, body: object = {}): Promise<Reply> => door.call("POST /sessions", { ...who, body });
  const open = async (who: Call, body?: object): Promise<string> => (await create(who, body)).json.session_id;
  const keepAlive = (who: Call, id: string): Promise<Reply> => door.call(`POST /sessions/${id}/keepalive`, who);
  const show = (who: Call, id: string): Promise<Reply> => door.call(`GET /sessions/${id}`, who);
  const remove = (who: Call, id: string): Promise<Reply> => door.call(`DELETE /sessions/${id}`, who);
  const status = async (lock: string): Promise<string> => (await door.call(`GET /locks/${lock}`, door.bob)).json.status;
  const leftMs = (reply: Reply): number => Date.parse(reply.json.expires_at) - Date.now();

  describe("sessions", () => {
    it("are made, kept alive, shown and deleted", async () => {
      const made = await create(door.alice, { ttl_seconds: 30 });
      expect([made.status, made.json]).toEqual([
        201,
        {
          session_id: expect.stringMatching(UUID),
          expires_at: expect.stringMatching(TIMESTAMP),
          keepalive_interval_secs: 15,
        },
      ]);
      const { session_id } = made.json;
      const kept = await keepAlive(door.alice, session_id);
      expect([kept.status, kept.json]).toEqual([200, { session_id, expires_at: expect.stringMatching(TIMESTAMP) }]);
      expect(kept.json.expires_at >= made.json.expires_at).toBe(true);
      const shown = await show(door.alice, session_id);
      expect([shown.status, shown.json]).toEqual([
        200,
        {
          session_id,
          user_id: expect.stringMatching(UUID),
          expires_at: expect.stringMatching(TIMESTAMP),
          lock_count: 0,
          active: true,
        },
      ]);
      const removed = await remove(door.alice, session_id);
      expect([removed.status, removed.text, removed.headers["content-type"]]).toEqual([204, "", undefined]);
      for (const gone of [keepAlive, show, remove]) {
        expectFault(await gone(door.alice, session_id), 404, "not_found");
      }
    });

    it.each([
      [{}, 60],
      [{ ttl_seconds: null }, 60],
      [{ ttl_seconds: 0 }, 10],
      [{ ttl_seconds: 301 }, 300],
    ])("live for %j as OctoStore has it: %d s", async (body, seconds) => {
      const made = await create(door.alice, body);
      expect(made.json.keepalive_interval_secs).toBe(seconds / 2);
      expect(leftMs(made)).toBeGreaterThan(seconds * 500);
      expect(leftMs(made)).toBeLessThanOrEqual(seconds * 1_000);
      await remove(door.alice, made.json.session_id);
    });

    it("may be named in any form of a UUID", async () => {
      const id = await open(door.alice);
      const digits = id.replaceAll("-", "");
      for (const form of [id.toUpperCase(), digits, `%7B${id}%7D`, `urn:uuid:${id}`]) {
        expect((await keepAlive(door.alice, form)).json.session_id, form).toBe(id);
      }
      const lock = door.fresh();
      expect((await door.acquire(lock, door.alice, { session_id: digits, ephemeral: true })).json.status).toBe(
        "acquired",
      );
      await remove(door.alice, id);
    });

    it("are nobody's but their owner's", async () => {
      const id = await open(door.alice);
      for (const ask of [keepAlive, show, remove]) expectFault(await ask(door.bob, id), 404, "not_found");
      const acquired = await door.acquire(door.fresh(), door.bob, { session_id: id, ephemeral: true });
      expectFault(acquired, 404, "not_found");
      expect((await keepAlive(door.alice, id)).status).toBe(200);
      await remove(door.alice, id);
    });

    it("are not found where there is none", async () => {
      for (const ask of [keepAlive, show, remove]) {
        expectFault(await ask(door.alice, NO_SESSION), 404, "not_found");
        expectFault(await ask(door.alice, "no-uuid"), 400, "invalid_input");
        expectFault(await ask({ token: "nobody" }, "no-uuid"), 400, "invalid_input");
        expectFault(await ask({ token: "nobody" }, NO_SESSION), 401, "authentication_failed");
        expectFault(await ask({}, NO_SESSION), 401, "authentication_required");
      }
      expectFault(await door.acquire(door.fresh(), door.alice, { session_id: NO_SESSION }), 404, "not_found");
    });

    it.each<[string, Call, number]>([
      ["no content type", { raw: "{}" }, 415],
      ["no JSON", { headers: { "content-type": "application/json" }, raw: "{" }, 400],
      ["no object", { body: [] }, 422],
      ["a negative time", { body: { ttl_seconds: -1 } }, 422],
      ["text for a time", { body: { ttl_seconds: "60" } }, 422],
      ["a caller whom nobody knows", { token: "nobody", body: {} }, 401],
    ])("are not made with %s", async (_, call, expected) => {
      const refused = await door.call("POST /sessions", { ...door.alice, ...call });
      expectFault(refused, expected, expected === 401 ? "authentication_failed" : "invalid_input");
    });

    it("take a keepalive with or without a body of any type", async () => {
      const id = await open(door.alice);
      const line = `POST /sessions/${id}/keepalive` as const;
      for (const call of [{}, { raw: "x" }, { body: {} }, { headers: { "content-type": "text/plain" }, raw: "x" }]) {
        expect((await door.call(line, { ...door.alice, ...call })).status).toBe(200);
      }
      await remove(door.alice, id);
    });

    it.each([
      ["GET /sessions", 405, "POST"],
      ["PUT /sessions/x", 405, "GET, HEAD, DELETE"],
      ["POST /sessions/x", 405, "GET, HEAD, DELETE"],
      ["GET /sessions/x/keepalive", 405, "POST"],
      ["GET /sessions/", 404, undefined],
      ["POST /sessions//keepalive", 404, undefined],
      ["POST /sessions/x/y/keepalive", 404, undefined],
      ["GET /sessions/x/y", 404, undefined],
    ])("have no %s: %d", async (line, expected, allow) => {
      const reply = await door.call(line as "GET /", door.alice);
      expectFault(reply, expected, expected === 404 ? "not_found" : "invalid_input");
      expect(reply.headers.allow).toBe(allow);
    });

    it("answer HEAD like GET, without the body", async () => {
      const id = await open(door.alice);
      const head = await door.call(`HEAD /sessions/${id}`, door.alice);
      expect([head.status, head.text]).toEqual([200, ""]);
      await remove(door.alice, id);
    });
  });

  describe("ephemeral locks", () => {
    it("are held by their session, and go with it", async () => {
      const [one, other] = [await open(door.alice), await open(door.alice)];
      const lock = door.fresh();
      const mine = await door.acquire(lock, door.alice, { session_id: one, ephemeral: true, metadata: "one" });
      expect(mine.json).toMatchObject({ status: "acquired", expires_at: expect.stringMatching(TIMESTAMP) });
      const again = await door.acquire(lock, door.alice, { session_id: one, ephemeral: true });
      expect(again.json).toMatchObject({ lease_id: mine.json.lease_id, fencing_token: mine.json.fencing_token });
      for (const body of [{ session_id: other, ephemeral: true }, { session_id: one }, {}]) {
        expect((await door.acquire(lock, door.alice, body)).json.status, JSON.stringify(body)).toBe("held");
      }
      expect((await show(door.alice, one)).json.lock_count).toBe(1);
      await remove(door.alice, one);
      expect(await status(lock)).toBe("free");
      const next = await door.acquire(lock, door.alice, { session_id: other, ephemeral: true });
      expect(next.json.fencing_token).toBeGreaterThan(mine.json.fencing_token);
      await remove(door.alice, other);
    });

    it("are renewed, described and released by their owner", async () => {
      const id = await open(door.alice);
      const lock = door.fresh();
      const { lease_id } = (await door.acquire(lock, door.alice, { session_id: id, ephemeral: true })).json;
      const renewed = await door.call(`POST /locks/${lock}/renew`, { ...door.alice, body: { lease_id } });
      expect(renewed.json).toMatchObject({ lease_id, expires_at: expect.stringMatching(TIMESTAMP) });
      const put = await door.call(`PUT /locks/${lock}/metadata`, {
        ...door.alice,
        body: { lease_id, metadata: "new" },
      });
      expect(put.json).toEqual({ lease_id, metadata: "new" });
      const released = await door.call(`POST /locks/${lock}/release`, { ...door.alice, body: { lease_id } });
      expect([released.status, released.text]).toEqual([200, "null"]);
      expect((await show(door.alice, id)).json.lock_count).toBe(0);
      await remove(door.alice, id);
    });

    it("are nobody's but their owner's, by whatever lease", async () => {
      const id = await open(door.alice);
      const lock = door.fresh();
      const { lease_id } = (await door.acquire(lock, door.alice, { session_id: id, ephemeral: true })).json;
      const renew = (who: Call, lease: string) =>
        door.call(`POST /locks/${lock}/renew`, { ...who, body: { lease_id: lease } });
      expectFault(await renew(door.bob, lease_id), 404, "not_found");
      expectFault(await renew(door.bob, NO_LEASE), 400, "lease_not_current");
      expectFault(await renew(door.alice, NO_LEASE), 400, "lease_not_current");
      await remove(door.alice, id);
      expectFault(await renew(door.alice, lease_id), 404, "lease_not_current");
    });

    it("need a session, and a delay within its bound comes first", async () => {
      const lock = door.fresh();
      expectFault(await door.acquire(lock, door.alice, { ephemeral: true }), 400, "invalid_input");
      const late = await door.acquire(lock, door.alice, { session_id: NO_SESSION, ttl_seconds: 0 });
      expectFault(late, 400, "invalid_ttl");
      expect(await status(lock)).toBe("free");
    });
  });

  it("locks that only bear a session's name outlive it, and are counted with it", async () => {
    const id = await open(door.alice);
    const lock = door.fresh();
    const { lease_id } = (await door.acquire(lock, door.alice, { session_id: id })).json;
    expect((await show(door.alice, id)).json.lock_count).toBe(1);
    expect((await door.acquire(lock, door.alice)).json).toMatchObject({ status: "acquired", lease_id });
    await remove(door.alice, id);
    expect(await status(lock)).toBe("held");
  });

  describe("the list of proxies", () => {
    it("is shown to users", async () => {
      const { status: code, json } = await door.call("GET /proxies", door.alice);
      expect([code, Object.keys(json)]).toEqual([200, ["proxies"]]);
      for (const proxy of json.proxies) {
        expect(proxy).toEqual({ name: expect.any(String), url: expect.any(String), zone: expect.any(String) });
      }
      expectFault(await door.call("GET /proxies"), 401, "authentication_required");
      expectFault(await door.call("GET /proxies", { token: "nobody" }), 401, "authentication_failed");
    });
  });
}

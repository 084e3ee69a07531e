import { afterEach, describe, expect, it } from "vitest";
import { type Door, expectFault } from "./door.fixture.js";
import { EventStreamCaller } from "./event-stream.fixture.js";
import type { Call } from "./http-caller.fixture.js";
import { talk } from "./talk.fixture.js";

const REQUEST_ID = /^req_[0-9a-f]{32}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

/** What the HTTP door tells those who watch. */
export function httpEventsContract(door: Door): void {
  const streams: EventStreamCaller[] = [];
  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });

  async function follow(path: string, { token, headers = {} }: Call = door.alice): Promise<EventStreamCaller> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const stream = await EventStreamCaller.open(door.served.url, path, { ...authorization, ...headers });
    streams.push(stream);
    return stream;
  }
  const take = async (lock: string, who: Call = door.alice, body: object = {}): Promise<string> =>
    (await door.acquire(lock, who, body)).json.lease_id;
  const release = (lock: string, lease_id: string, who: Call = door.alice) =>
    door.call(`POST /locks/${lock}/release`, { ...who, body: { lease_id } });
  const describeLock = (lock: string, lease_id: string, metadata: string) =>
    door.call(`PUT /locks/${lock}/metadata`, { ...door.alice, body: { lease_id, metadata } });

  describe("events of a lock", () => {
    it("begin with its state, and tell each change in order, under rising ids", async () => {
      const lock = door.fresh();
      const stream = await follow(`/locks/${lock}/events`);
      const first = await stream.next();
      expect(first).toEqual({
        event: "snapshot",
        id: String(first.data.revision),
        data: { revision: expect.any(Number), locks: [] },
      });
      const lease = await take(lock, door.alice, { metadata: "one" });
      const held = (await door.call(`GET /locks/${lock}`, door.bob)).json;
      await describeLock(lock, lease, "two");
      await door.call(`POST /locks/${lock}/renew`, { ...door.alice, body: { lease_id: lease, ttl_seconds: 600 } });
      await release(lock, lease);
      const told = [await stream.next(), await stream.next(), await stream.next(), await stream.next()];
      expect(told.map(({ event }) => event)).toEqual(["acquired", "metadata", "renewed", "released"]);
      expect(told[0]?.data).toEqual({ revision: Number(told[0]?.id), event: "acquired", lock: held });
      expect(told[1]?.data.lock.metadata).toBe("two");
      expect(told[2]?.data.lock.expires_at > held.expires_at).toBe(true);
      expect(told[3]?.data.lock).toMatchObject({ name: lock, status: "free", holder_id: null });
      const ids = [first, ...told].map(({ id }) => Number(id));
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    });

    it("show a lock that is held already", async () => {
      const lock = door.fresh();
      await take(lock, door.bob, { metadata: "équipe" });
      const { data } = await (await follow(`/locks/${lock}/events`)).next();
      expect(data.locks).toEqual([(await door.call(`GET /locks/${lock}`, door.bob)).json]);
    });

    it("say nothing of other locks", async () => {
      const [lock, other] = [door.fresh(), door.fresh()];
      const stream = await follow(`/locks/${lock}/events`);
      await stream.next();
      await take(other);
      await take(lock);
      expect((await stream.next()).data.lock.name).toBe(lock);
    });

    it.each(["last-event-id", "after"])("go on after the id of an earlier one, named by %s", async (by) => {
      const lock = door.fresh();
      const path = `/locks/${lock}/events`;
      await release(lock, await take(lock));
      const { id } = await (await follow(path)).next();
      await release(lock, await take(lock));
      const again =
        by === "after"
          ? await follow(`${path}?after=${id}`)
          : await follow(`${path}?after=0`, { ...door.alice, headers: { "last-event-id": id as string } });
      const told = [await again.next(), await again.next()];
      expect(told.map(({ event }) => event)).toEqual(["acquired", "released"]);
      expect(Number(told[0]?.id)).toBeGreaterThan(Number(id));
      const last = await follow(path, { ...door.alice, headers: { "last-event-id": told[1]?.id as string } });
      await take(lock);
      expect((await last.next()).event).toBe("acquired");
    });

    it("start over where they cannot go on, and say so", async () => {
      const lock = door.fresh();
      await take(lock);
      const stream = await follow(`/locks/${lock}/events?after=999999999999999`);
      const { event, id, data } = await stream.next();
      expect([event, data.revision, data.locks.length]).toEqual(["resync", Number(id), 1]);
      const lease = await take(lock);
      await release(lock, lease);
      expect((await stream.next()).event).toMatch(/^(renewed|released)$/);
    });

    it("are a stream that nothing on the way should hold up", async () => {
      const stream = await follow(`/locks/${door.fresh()}/events`);
      expect([stream.status, stream.headers]).toEqual([
        200,
        expect.objectContaining({
          "content-type": "text/event-stream",
          "cache-control": "no-cache",
          "x-accel-buffering": "no",
          "transfer-encoding": "chunked",
          "x-request-id": expect.stringMatching(REQUEST_ID),
        }),
      ]);
      expect(stream.headers["content-encoding"]).toBeUndefined();
      await stream.next();
      expect(stream.text).toMatch(/^retry: \d+\nid: \d+\nevent: snapshot\ndata: \{/);
    });

    it("may be asked for by a page of a known origin", async () => {
      const headers = { origin: "http://localhost:3000" };
      const stream = await follow(`/locks/${door.fresh()}/events`, { ...door.alice, headers });
      expect(stream.headers["access-control-allow-origin"]).toBe(headers.origin);
      const asked = await door.call("OPTIONS /events", { headers });
      expect(asked.headers["access-control-allow-headers"]).toContain("last-event-id");
    });
  });

  describe("events under a prefix", () => {
    it("begin with the held locks, and tell of each", async () => {
      const prefix = `${door.fresh()}/`;
      await take(`${prefix}a`);
      const stream = await follow(`/events?prefix=${encodeURIComponent(prefix)}`);
      const first = await stream.next();
      expect(first.event).toBe("snapshot");
      expect(first.data.locks.map(({ name }: { name: string }) => name)).toEqual([`${prefix}a`]);
      const lease = await take(`${prefix}b`);
      await take(door.fresh());
      await release(`${prefix}b`, lease);
      const told = [await stream.next(), await stream.next()];
      expect(told.map(({ event, data }) => [event, data.lock.name])).toEqual([
        ["acquired", `${prefix}b`],
        ["released", `${prefix}b`],
      ]);
    });

    it("tell what goes with a session", async () => {
      const prefix = `${door.fresh()}/`;
      const { session_id } = (await door.call("POST /sessions", { ...door.alice, body: {} })).json;
      for (const lock of ["a", "b"]) await take(prefix + lock, door.alice, { session_id, ephemeral: true });
      const stream = await follow(`/events?prefix=${encodeURIComponent(prefix)}`);
      await stream.next();
      await door.call(`DELETE /sessions/${session_id}`, door.alice);
      const told = [await stream.next(), await stream.next()];
      expect(told.map(({ event }) => event)).toEqual(["released", "released"]);
      expect(new Set(told.map(({ data }) => data.lock.name))).toEqual(new Set([`${prefix}a`, `${prefix}b`]));
      expect(told[1]?.id).toBe(String(told[1]?.data.revision));
    });
  });

  describe("OctoStore's watch", () => {
    it("begins with the state, and tells what happens in its own words", async () => {
      const lock = door.fresh();
      const stream = await follow(`/locks/${lock}/watch`);
      expect(stream.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-cache" });
      const free = { event: "released", lock_name: lock, observed_at: expect.stringMatching(TIMESTAMP) };
      expect((await stream.next()).data).toEqual(free);
      const { lease_id, fencing_token, expires_at } = (await door.acquire(lock, door.alice)).json;
      expect((await stream.next()).data).toEqual({ ...free, event: "acquired", fencing_token, expires_at });
      await describeLock(lock, lease_id, "not told");
      await door.call(`POST /locks/${lock}/renew`, { ...door.alice, body: { lease_id, ttl_seconds: 600 } });
      expect((await stream.next()).data).toMatchObject({ event: "renewed", fencing_token });
      await release(lock, lease_id);
      expect((await stream.next()).data).toEqual(free);
      expect(stream.text).not.toMatch(/^(id|event|retry):/m);
    });

    it("shows a lock that is held already as acquired", async () => {
      const lock = door.fresh();
      const { fencing_token, expires_at } = (await door.acquire(lock, door.bob)).json;
      const { data } = await (await follow(`/locks/${lock}/watch`)).next();
      expect(data).toMatchObject({ event: "acquired", lock_name: lock, fencing_token, expires_at });
    });
  });

  describe("streams", () => {
    it.each(["/locks/a/events", "/locks/a/watch", "/events"])("are not for everybody: %s", async (path) => {
      expectFault(await door.call(`GET ${path}`), 401, "authentication_required");
      expectFault(await door.call(`GET ${path}`, { token: "nobody" }), 401, "authentication_failed");
      const headers = { "x-admin-key": door.served.adminKey };
      expect((await follow(path, { headers })).status).toBe(200);
    });

    it.each([
      ["/locks/a%20b/events", 400, "invalid_lock_name"],
      ["/locks/a%20b/watch", 400, "invalid_lock_name"],
      ["/locks/__election/a/events", 403, "forbidden"],
      [`/events?prefix=${"x".repeat(300)}`, 400, "invalid_lock_name"],
      ["/locks/a//events", 404, "not_found"],
      ["/locks//events", 404, "not_found"],
      ["/events/", 404, "not_found"],
      ["/locks/%zz/events", 400, "invalid_input"],
      ["/events?prefix=a&prefix=b", 400, "invalid_input"],
      ["/events?after=1&after=2", 400, "invalid_input"],
      ["/locks/a/events?after=-1", 400, "invalid_input"],
      ["/locks/a/events?after=", 400, "invalid_input"],
      ["/locks/a/events?after=1e3", 400, "invalid_input"],
    ])("are not under %s", async (path, status, code) => {
      expectFault(await door.call(`GET ${path}`, door.alice), status, code);
    });

    it("do not hide locks whose names end like them", async () => {
      for (const word of ["events", "watch"]) {
        const lock = `${door.fresh()}/${word}`;
        await take(lock);
        const sent = lock.replace(`/${word}`, `%2F${word}`);
        expect((await door.call(`GET /locks/${sent}`, door.alice)).json).toMatchObject({ name: lock, status: "held" });
        const { data } = await (await follow(`/locks/${sent}/events`)).next();
        expect(data.locks[0].name).toBe(lock);
      }
      expect((await door.call("GET /locks/events", door.alice)).json.name).toBe("events");
    });

    it.each(["/locks/a/events", "/locks/a/watch", "/events"])("answer HEAD %s, and end", async (path) => {
      const head = await door.call(`HEAD ${path}`, door.alice);
      expect([head.status, head.text, head.headers["content-type"]]).toEqual([200, "", "text/event-stream"]);
      expect((await door.call(`HEAD ${path}`)).status).toBe(401);
      const line = (request: string) =>
        `${request} HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer ${door.alice.token}\r\n`;
      const last = `${line("GET /nothing")}Connection: close\r\n\r\n`;
      const heard = await talk(door.served.url, `${line(`HEAD ${path}`)}\r\n${last}`);
      expect(heard.match(/(?<=HTTP\/1\.1 )\d{3}/g)).toEqual(["200", "404"]);
    });

    it("are counted", async () => {
      const { text } = await door.call("GET /metrics");
      expect(text).toMatch(/octofleet_gateway_requests_total\{operation="watch",class="2xx"\} [1-9]/);
    });
  });
}

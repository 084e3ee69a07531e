import { describe, expect, it } from "vitest";
import { type Door, expectFault, NO_LEASE } from "./door.fixture.js";
import type { Call, Reply } from "./http-caller.fixture.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

/** What the HTTP door does with locks. */
export function httpLocksContract(door: Door): void {
  describe("locks", () => {
    it("are acquired, read and released", async () => {
      const lock = door.fresh();
      const acquired = await door.acquire(lock, door.alice, { ttl_seconds: 60, metadata: "10.0.0.1" });
      expect(acquired.status).toBe(200);
      expect(acquired.json).toEqual({
        status: "acquired",
        lease_id: expect.stringMatching(UUID),
        fencing_token: expect.any(Number),
        expires_at: expect.stringMatching(TIMESTAMP),
        renew_after_ms: expect.any(Number),
        metadata: "10.0.0.1",
      });
      const held = await door.call(`GET /locks/${lock}`, door.bob);
      expect(held.json).toEqual({
        name: lock,
        status: "held",
        holder_id: expect.stringMatching(UUID),
        fencing_token: acquired.json.fencing_token,
        expires_at: acquired.json.expires_at,
        metadata: "10.0.0.1",
      });
      const released = await door.call(`POST /locks/${lock}/release`, {
        ...door.alice,
        body: { lease_id: acquired.json.lease_id },
      });
      expect([released.status, released.text]).toEqual([200, "null"]);
      const free = await door.call(`GET /locks/${lock}`, door.bob);
      expect(free.json).toEqual({
        name: lock,
        status: "free",
        holder_id: null,
        fencing_token: 0,
        expires_at: null,
        metadata: null,
      });
    });

    it("show another caller who holds them", async () => {
      const lock = door.fresh();
      await door.acquire(lock, door.alice, { metadata: "mine" });
      const held = await door.acquire(lock, door.bob);
      expect(held.status).toBe(200);
      expect(held.json).toEqual({
        status: "held",
        holder_id: (await door.call(`GET /locks/${lock}`, door.alice)).json.holder_id,
        expires_at: expect.stringMatching(TIMESTAMP),
        retry_after_ms: expect.any(Number),
        metadata: "mine",
      });
    });

    it("are acquired again by their holder: same lease, same token, same metadata", async () => {
      const lock = door.fresh();
      const first = await door.acquire(lock, door.alice, { metadata: "first", ttl_seconds: 100 });
      const again = await door.acquire(lock, door.alice, { metadata: "second", ttl_seconds: 1 });
      const kept = ({ lease_id, fencing_token, metadata }: Reply["json"]) => ({ lease_id, fencing_token, metadata });
      expect(kept(again.json)).toEqual(kept(first.json));
      expect(again.json.expires_at).toBe(first.json.expires_at);
    });

    it("have tokens that rise, also from lock to lock", async () => {
      const tokens: number[] = [];
      for (let n = 0; n < 3; n += 1)
        tokens.push((await door.acquire(door.fresh(), n % 2 ? door.alice : door.bob)).json.fencing_token);
      expect(tokens[0]).toBeGreaterThan(0);
      expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
    });

    it("are renewed by their holder, also to a shorter time", async () => {
      const lock = door.fresh();
      const { lease_id, expires_at } = (await door.acquire(lock, door.alice, { ttl_seconds: 600 })).json;
      const renewed = await door.call(`POST /locks/${lock}/renew`, {
        ...door.alice,
        body: { lease_id, ttl_seconds: 60 },
      });
      expect(renewed.json).toEqual({
        lease_id,
        expires_at: expect.stringMatching(TIMESTAMP),
        renew_after_ms: expect.any(Number),
      });
      expect(renewed.json.expires_at < expires_at).toBe(true);
    });

    it.each(["renew", "release"])("refuse to %s what the caller does not hold", async (verb) => {
      const lock = door.fresh();
      const call = (who: Call, lease_id: string) =>
        door.call(`POST /locks/${lock}/${verb}`, { ...who, body: { lease_id } });
      expectFault(await call(door.alice, NO_LEASE), 404, "lease_not_current");
      const { lease_id } = (await door.acquire(lock, door.alice)).json;
      expectFault(await call(door.alice, NO_LEASE), 400, "lease_not_current");
      expectFault(await call(door.bob, lease_id), 400, "lease_not_current");
    });

    it("take new metadata from their holder", async () => {
      const lock = door.fresh();
      const { lease_id } = (await door.acquire(lock, door.alice, { metadata: "old" })).json;
      const put = (who: Call, metadata: string | null) =>
        door.call(`PUT /locks/${lock}/metadata`, { ...who, body: { lease_id, metadata } });
      const set = await put(door.alice, "new");
      expect([set.status, set.json]).toEqual([200, { lease_id, metadata: "new" }]);
      expect((await door.call(`GET /locks/${lock}`, door.bob)).json.metadata).toBe("new");
      expectFault(await put(door.bob, "stolen"), 400, "lease_not_current");
      await put(door.alice, null);
      expect((await door.call(`GET /locks/${lock}`, door.bob)).json.metadata).toBeNull();
    });

    it("stay closed for their lock delay, to their last holder too", async () => {
      const lock = door.fresh();
      const { lease_id } = (await door.acquire(lock, door.alice, { lock_delay_seconds: 30 })).json;
      await door.call(`POST /locks/${lock}/release`, { ...door.alice, body: { lease_id } });
      const delayed = await door.acquire(lock, door.alice);
      expect(delayed.status).toBe(409);
      expect(delayed.headers["retry-after"]).toBeUndefined();
      expect(delayed.json).toEqual({
        status: "delayed",
        available_at: expect.stringMatching(TIMESTAMP),
        lock_delay_seconds: 30,
        retry_after_ms: expect.any(Number),
      });
      expect((await door.call(`GET /locks/${lock}`, door.bob)).json.status).toBe("free");
    });

    it("are listed by prefix while they are held", async () => {
      const prefix = `${door.fresh()}/`;
      await door.acquire(`${prefix}a`, door.alice, { metadata: "a" });
      await door.acquire(`${prefix}b`, door.bob);
      const { json, status } = await door.call(`GET /locks?prefix=${encodeURIComponent(prefix)}`, door.alice);
      expect([status, json.total, json.prefix]).toEqual([200, 2, prefix]);
      expect(json.locks.map((lock: { name: string }) => lock.name).sort()).toEqual([`${prefix}a`, `${prefix}b`]);
      const one = json.locks.find((lock: { name: string }) => lock.name === `${prefix}a`);
      expect(one).toEqual((await door.call(`GET /locks/${prefix}a`, door.alice)).json);
      const all = await door.call("GET /locks", door.bob);
      expect(all.json.prefix).toBeNull();
      expect(all.json.total).toBeGreaterThanOrEqual(2);
    });

    it("take UUIDs in every usual form", async () => {
      const lock = door.fresh();
      const { lease_id } = (await door.acquire(lock, door.alice)).json as { lease_id: string };
      const plain = lease_id.replaceAll("-", "");
      for (const form of [lease_id.toUpperCase(), plain, `{${lease_id}}`, `urn:uuid:${lease_id}`]) {
        const renewed = await door.call(`POST /locks/${lock}/renew`, { ...door.alice, body: { lease_id: form } });
        expect(renewed.json, form).toMatchObject({ lease_id });
      }
    });
  });

  describe("an Idempotency-Key", () => {
    const keyed = (who: Call, key: string): Call => ({ ...who, headers: { "idempotency-key": key } });

    it("gets the first answer again, to the letter", async () => {
      const lock = door.fresh();
      const first = await door.acquire(lock, keyed(door.alice, `${lock}-1`), { metadata: "x" });
      await door.call(`POST /locks/${lock}/release`, { ...door.alice, body: { lease_id: first.json.lease_id } });
      const again = await door.acquire(lock, keyed(door.alice, `${lock}-1`), { metadata: "x" });
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      expect((await door.call(`GET /locks/${lock}`, door.alice)).json.status).toBe("free");
    });

    it("gets the first answer again if that was a refusal", async () => {
      const lock = door.fresh();
      const release = () =>
        door.call(`POST /locks/${lock}/release`, { ...keyed(door.alice, `${lock}-1`), body: { lease_id: NO_LEASE } });
      expectFault(await release(), 404, "lease_not_current");
      await door.acquire(lock, door.bob);
      expectFault(await release(), 404, "lease_not_current");
    });

    it("is good for one request only", async () => {
      const lock = door.fresh();
      await door.acquire(lock, keyed(door.alice, `${lock}-1`), {});
      expectFault(await door.acquire(lock, keyed(door.alice, `${lock}-1`), { metadata: "another" }), 409, "conflict");
    });

    it.each(["", "ä", "a b", "x".repeat(129)])("is refused if it is no key: %j", async (key) => {
      const sent = Buffer.from(key).toString("latin1");
      expectFault(await door.acquire(door.fresh(), keyed(door.alice, sent), {}), 400, "invalid_input");
    });
  });
}

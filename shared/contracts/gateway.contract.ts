import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Call, HttpCaller, type Reply } from "./http-caller.fixture.js";

/** A cell's front door, somewhere. */
export interface Served {
  readonly url: string;
  /** Two tokens of two principals. */
  readonly tokens: { readonly alice: string; readonly bob: string };
  readonly adminKey: string;
  stop(): Promise<void>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;
const REQUEST_ID = /^req_[0-9a-f]{32}$/;
const NO_LEASE = "00000000-0000-4000-8000-000000000000";

/** What clients of the HTTP door may rely on, whatever service is behind it. */
export function gatewayContract(name: string, serve: () => Promise<Served>): void {
  describe(`the contract of the HTTP door: ${name}`, () => {
    let served: Served;
    let http: HttpCaller;
    let alice: { token: string };
    let bob: { token: string };
    let names = 0;
    beforeAll(async () => {
      served = await serve();
      http = new HttpCaller(served.url);
      alice = { token: served.tokens.alice };
      bob = { token: served.tokens.bob };
    });
    afterAll(async () => {
      await http.close();
      await served.stop();
    });

    /** A lock that nobody has touched yet. */
    const fresh = (): string => {
      names += 1;
      return `contract/lock-${names}`;
    };
    const acquire = (lock: string, who: Call, body: object = {}): Promise<Reply> =>
      http.call(`POST /locks/${lock}/acquire`, { ...who, body });

    function expectFault(reply: Reply, status: number, code: string): void {
      expect({ status: reply.status, code: reply.json?.code }, reply.text).toEqual({ status, code });
      expect(Object.keys(reply.json).slice(0, 4)).toEqual(["error", "code", "details", "request_id"]);
      expect(reply.json.details).not.toBe("");
      expect(reply.json.request_id).toBe(reply.headers["x-request-id"]);
    }

    describe("locks", () => {
      it("are acquired, read and released", async () => {
        const lock = fresh();
        const acquired = await acquire(lock, alice, { ttl_seconds: 60, metadata: "10.0.0.1" });
        expect(acquired.status).toBe(200);
        expect(acquired.json).toEqual({
          status: "acquired",
          lease_id: expect.stringMatching(UUID),
          fencing_token: expect.any(Number),
          expires_at: expect.stringMatching(TIMESTAMP),
          renew_after_ms: expect.any(Number),
          metadata: "10.0.0.1",
        });
        const held = await http.call(`GET /locks/${lock}`, bob);
        expect(held.json).toEqual({
          name: lock,
          status: "held",
          holder_id: expect.stringMatching(UUID),
          fencing_token: acquired.json.fencing_token,
          expires_at: acquired.json.expires_at,
          metadata: "10.0.0.1",
        });
        const released = await http.call(`POST /locks/${lock}/release`, {
          ...alice,
          body: { lease_id: acquired.json.lease_id },
        });
        expect([released.status, released.text]).toEqual([200, "null"]);
        const free = await http.call(`GET /locks/${lock}`, bob);
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
        const lock = fresh();
        await acquire(lock, alice, { metadata: "mine" });
        const held = await acquire(lock, bob);
        expect(held.status).toBe(200);
        expect(held.json).toEqual({
          status: "held",
          holder_id: (await http.call(`GET /locks/${lock}`, alice)).json.holder_id,
          expires_at: expect.stringMatching(TIMESTAMP),
          retry_after_ms: expect.any(Number),
          metadata: "mine",
        });
      });

      it("are acquired again by their holder: same lease, same token, same metadata", async () => {
        const lock = fresh();
        const first = await acquire(lock, alice, { metadata: "first", ttl_seconds: 100 });
        const again = await acquire(lock, alice, { metadata: "second", ttl_seconds: 1 });
        const kept = ({ lease_id, fencing_token, metadata }: Reply["json"]) => ({ lease_id, fencing_token, metadata });
        expect(kept(again.json)).toEqual(kept(first.json));
        expect(again.json.expires_at).toBe(first.json.expires_at);
      });

      it("have tokens that rise, also from lock to lock", async () => {
        const tokens: number[] = [];
        for (let n = 0; n < 3; n += 1) tokens.push((await acquire(fresh(), n % 2 ? alice : bob)).json.fencing_token);
        expect(tokens[0]).toBeGreaterThan(0);
        expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
      });

      it("are renewed by their holder, also to a shorter time", async () => {
        const lock = fresh();
        const { lease_id, expires_at } = (await acquire(lock, alice, { ttl_seconds: 600 })).json;
        const renewed = await http.call(`POST /locks/${lock}/renew`, { ...alice, body: { lease_id, ttl_seconds: 60 } });
        expect(renewed.json).toEqual({
          lease_id,
          expires_at: expect.stringMatching(TIMESTAMP),
          renew_after_ms: expect.any(Number),
        });
        expect(renewed.json.expires_at < expires_at).toBe(true);
      });

      it.each(["renew", "release"])("refuse to %s what the caller does not hold", async (verb) => {
        const lock = fresh();
        const call = (who: Call, lease_id: string) =>
          http.call(`POST /locks/${lock}/${verb}`, { ...who, body: { lease_id } });
        expectFault(await call(alice, NO_LEASE), 404, "lease_not_current");
        const { lease_id } = (await acquire(lock, alice)).json;
        expectFault(await call(alice, NO_LEASE), 400, "lease_not_current");
        expectFault(await call(bob, lease_id), 400, "lease_not_current");
      });

      it("take new metadata from their holder", async () => {
        const lock = fresh();
        const { lease_id } = (await acquire(lock, alice, { metadata: "old" })).json;
        const put = (who: Call, metadata: string | null) =>
          http.call(`PUT /locks/${lock}/metadata`, { ...who, body: { lease_id, metadata } });
        const set = await put(alice, "new");
        expect([set.status, set.json]).toEqual([200, { lease_id, metadata: "new" }]);
        expect((await http.call(`GET /locks/${lock}`, bob)).json.metadata).toBe("new");
        expectFault(await put(bob, "stolen"), 400, "lease_not_current");
        await put(alice, null);
        expect((await http.call(`GET /locks/${lock}`, bob)).json.metadata).toBeNull();
      });

      it("stay closed for their lock delay, to their last holder too", async () => {
        const lock = fresh();
        const { lease_id } = (await acquire(lock, alice, { lock_delay_seconds: 30 })).json;
        await http.call(`POST /locks/${lock}/release`, { ...alice, body: { lease_id } });
        const delayed = await acquire(lock, alice);
        expect(delayed.status).toBe(409);
        expect(delayed.headers["retry-after"]).toBeUndefined();
        expect(delayed.json).toEqual({
          status: "delayed",
          available_at: expect.stringMatching(TIMESTAMP),
          lock_delay_seconds: 30,
          retry_after_ms: expect.any(Number),
        });
        expect((await http.call(`GET /locks/${lock}`, bob)).json.status).toBe("free");
      });

      it("are listed by prefix while they are held", async () => {
        const prefix = `${fresh()}/`;
        await acquire(`${prefix}a`, alice, { metadata: "a" });
        await acquire(`${prefix}b`, bob);
        const { json, status } = await http.call(`GET /locks?prefix=${encodeURIComponent(prefix)}`, alice);
        expect([status, json.total, json.prefix]).toEqual([200, 2, prefix]);
        expect(json.locks.map((lock: { name: string }) => lock.name).sort()).toEqual([`${prefix}a`, `${prefix}b`]);
        const one = json.locks.find((lock: { name: string }) => lock.name === `${prefix}a`);
        expect(one).toEqual((await http.call(`GET /locks/${prefix}a`, alice)).json);
        const all = await http.call("GET /locks", bob);
        expect(all.json.prefix).toBeNull();
        expect(all.json.total).toBeGreaterThanOrEqual(2);
      });

      it("take UUIDs in every usual form", async () => {
        const lock = fresh();
        const { lease_id } = (await acquire(lock, alice)).json as { lease_id: string };
        const plain = lease_id.replaceAll("-", "");
        for (const form of [lease_id.toUpperCase(), plain, `{${lease_id}}`, `urn:uuid:${lease_id}`]) {
          const renewed = await http.call(`POST /locks/${lock}/renew`, { ...alice, body: { lease_id: form } });
          expect(renewed.json, form).toMatchObject({ lease_id });
        }
      });
    });

    describe("an Idempotency-Key", () => {
      const keyed = (who: Call, key: string): Call => ({ ...who, headers: { "idempotency-key": key } });

      it("gets the first answer again, to the letter", async () => {
        const lock = fresh();
        const first = await acquire(lock, keyed(alice, `${lock}-1`), { metadata: "x" });
        await http.call(`POST /locks/${lock}/release`, { ...alice, body: { lease_id: first.json.lease_id } });
        const again = await acquire(lock, keyed(alice, `${lock}-1`), { metadata: "x" });
        expect([again.status, again.text]).toEqual([first.status, first.text]);
        expect((await http.call(`GET /locks/${lock}`, alice)).json.status).toBe("free");
      });

      it("gets the first answer again if that was a refusal", async () => {
        const lock = fresh();
        const release = () =>
          http.call(`POST /locks/${lock}/release`, { ...keyed(alice, `${lock}-1`), body: { lease_id: NO_LEASE } });
        expectFault(await release(), 404, "lease_not_current");
        await acquire(lock, bob);
        expectFault(await release(), 404, "lease_not_current");
      });

      it("is good for one request only", async () => {
        const lock = fresh();
        await acquire(lock, keyed(alice, `${lock}-1`), {});
        expectFault(await acquire(lock, keyed(alice, `${lock}-1`), { metadata: "another" }), 409, "conflict");
      });

      it.each(["", "ä", "a b", "x".repeat(129)])("is refused if it is no key: %j", async (key) => {
        const sent = Buffer.from(key).toString("latin1");
        expectFault(await acquire(fresh(), keyed(alice, sent), {}), 400, "invalid_input");
      });
    });

    describe("callers", () => {
      it.each([
        ["no header", {}, "authentication_required"],
        ["another scheme", { authorization: "Basic eDp5" }, "authentication_required"],
        ["bearer in small letters", { authorization: "bearer x" }, "authentication_required"],
        ["an unknown token", { authorization: "Bearer nobody" }, "authentication_failed"],
        ["an unknown admin key", { "x-admin-key": "nobody" }, "authentication_failed"],
      ])("are turned away with %s", async (_, headers: Record<string, string>, code) => {
        expectFault(await http.call("GET /locks/a", { headers }), 401, code);
        expectFault(await http.call("GET /locks", { headers }), 401, code);
        expectFault(await http.call("POST /locks/a/acquire", { headers, body: {} }), 401, code);
      });

      it.each(["x-admin-key", "x-octostore-admin-key"])("may show the admin key in %s", async (header) => {
        const admin: Call = { headers: { [header]: served.adminKey } };
        expect((await http.call(`GET /locks/${fresh()}`, admin)).status).toBe(200);
        expect((await acquire(fresh(), admin)).json.status).toBe("acquired");
      });

      it("may not show the admin key as a token, nor a token as the admin key", async () => {
        expectFault(
          await http.call("GET /locks/a", { token: `admin:${served.adminKey}` }),
          401,
          "authentication_failed",
        );
        const headers = { "x-admin-key": served.tokens.alice };
        expectFault(await http.call("GET /locks/a", { headers }), 401, "authentication_failed");
      });

      it("are known by their token if their admin key is wrong", async () => {
        const headers = { "x-admin-key": "wrong" };
        expect((await http.call("GET /locks/a", { ...alice, headers })).status).toBe(200);
      });
    });

    describe("the order of the checks", () => {
      const nobody: Call = { token: "nobody" };
      const json = { "content-type": "application/json" };
      const long = "x".repeat(1025);
      it.each<[string, string, () => Call, number, string]>([
        ["path before content type", "/locks/%zz/acquire", () => ({ raw: "{}" }), 400, "invalid_input"],
        ["no verb", "/locks/a", () => ({ raw: "{}" }), 405, "invalid_input"],
        ["no content type", "/locks/a%20b/acquire", () => ({ ...nobody, raw: "{}" }), 415, "invalid_input"],
        [
          "another content type",
          "/locks/a/acquire",
          () => ({ headers: { "content-type": "text/plain" }, raw: "{}" }),
          415,
          "invalid_input",
        ],
        ["no body", "/locks/a/acquire", () => ({ headers: json }), 400, "invalid_input"],
        ["no JSON", "/locks/a/acquire", () => ({ headers: json, raw: "{" }), 400, "invalid_input"],
        [
          "no UTF-8",
          "/locks/a/acquire",
          () => ({ headers: json, raw: Buffer.from([0x22, 0xff, 0x22]) }),
          400,
          "invalid_input",
        ],
        [
          "too much",
          "/locks/a/acquire",
          () => ({ headers: json, raw: " ".repeat(2 * 1024 * 1024 + 1) }),
          413,
          "invalid_input",
        ],
        ["no object", "/locks/a/acquire", () => ({ body: [] }), 422, "invalid_input"],
        ["text for a number", "/locks/a/acquire", () => ({ body: { ttl_seconds: "60" } }), 422, "invalid_input"],
        ["a fraction", "/locks/a/acquire", () => ({ body: { ttl_seconds: 1.5 } }), 422, "invalid_input"],
        ["a negative number", "/locks/a/acquire", () => ({ body: { ttl_seconds: -1 } }), 422, "invalid_input"],
        [
          "more than 32 bits",
          "/locks/a/acquire",
          () => ({ body: { lock_delay_seconds: 2 ** 32 } }),
          422,
          "invalid_input",
        ],
        ["no UUID", "/locks/a/renew", () => ({ body: { lease_id: "x" } }), 422, "invalid_input"],
        ["a field is missing", "/locks/a/release", () => ({ body: {} }), 422, "invalid_input"],
        ["a null is missing too", "/locks/a/release", () => ({ body: { lease_id: null } }), 422, "invalid_input"],
        ["caller before name", "/locks/a%20b/acquire", () => ({ ...nobody, body: {} }), 401, "authentication_failed"],
        [
          "name before ttl",
          "/locks/a%20b/acquire",
          () => ({ ...alice, body: { ttl_seconds: 0 } }),
          400,
          "invalid_lock_name",
        ],
        [
          "reserved before ttl",
          "/locks/__election/x/acquire",
          () => ({ ...alice, body: { ttl_seconds: 0 } }),
          403,
          "forbidden",
        ],
        [
          "ttl before metadata",
          "/locks/a/acquire",
          () => ({ ...alice, body: { ttl_seconds: 0, metadata: long } }),
          400,
          "invalid_ttl",
        ],
        [
          "ttl above the bound",
          "/locks/a/renew",
          () => ({ ...alice, body: { ttl_seconds: 3601, lease_id: NO_LEASE } }),
          400,
          "invalid_ttl",
        ],
        [
          "metadata too long",
          "/locks/a/acquire",
          () => ({ ...alice, body: { metadata: long, lock_delay_seconds: 31 } }),
          400,
          "invalid_input",
        ],
        [
          "delay above the bound",
          "/locks/a/acquire",
          () => ({ ...alice, body: { lock_delay_seconds: 31 } }),
          400,
          "invalid_input",
        ],
      ])("%s", async (_, path, call, status, code) => {
        expectFault(await http.call(`POST ${path}`, call()), status, code);
      });

      it("takes what is allowed at the edges", async () => {
        const body = { ttl_seconds: 3600, metadata: "🐙".repeat(1024), lock_delay_seconds: 30, nobody_knows: [1] };
        expect((await acquire(fresh(), alice, body)).json.status).toBe("acquired");
        const nulls = {
          ttl_seconds: null,
          metadata: null,
          session_id: null,
          ephemeral: null,
          lock_delay_seconds: null,
          acl: null,
        };
        expect((await acquire(fresh(), alice, nulls)).json.status).toBe("acquired");
      });

      it.each([
        [{ session_id: NO_LEASE }, "session"],
        [{ ephemeral: true }, "session"],
        [{ acl: { acquire: ["user:alice"] } }, "ACL"],
      ])("says what this version does not have: %j", async (body, word) => {
        const lock = fresh();
        const refused = await acquire(lock, alice, body);
        expectFault(refused, 400, "invalid_input");
        expect(refused.json.details).toContain(word);
        expect((await http.call(`GET /locks/${lock}`, alice)).json.status).toBe("free");
      });
    });

    describe("names", () => {
      it.each([
        ["a", "a"],
        ["a/b", "a/b"],
        ["a%2Fb", "a/b"],
        ["a%2fb/c", "a/b/c"],
        ["%C3%A9quipe/%E5%88%86%E9%98%9F-1", "équipe/分队-1"],
        ["a/./b", "a/./b"],
        [".", "."],
        ["a/acquire", "a/acquire"],
        ["acquire", "acquire"],
        ["a%2Fwatch", "a/watch"],
        ["watch", "watch"],
        ["x".repeat(64), "x".repeat(64)],
      ])("%s is the lock %s, read and written", async (sent, lock) => {
        expect((await http.call(`GET /locks/${sent}`, alice)).json.name).toBe(lock);
        const { lease_id } = (await acquire(sent, alice, { metadata: sent })).json;
        expect((await http.call(`GET /locks/${encodeURIComponent(lock)}`, alice)).json.metadata).toBe(sent);
        await http.call(`POST /locks/${sent}/release`, { ...alice, body: { lease_id } });
      });

      it.each([
        ["a%20b", 400, "invalid_lock_name"],
        ["a@b", 400, "invalid_lock_name"],
        ["%2Fa", 400, "invalid_lock_name"],
        ["a%2F", 400, "invalid_lock_name"],
        ["a%2F%2Fb", 400, "invalid_lock_name"],
        ["a/..", 400, "invalid_lock_name"],
        ["a%2F..%2Fb", 400, "invalid_lock_name"],
        ["x".repeat(65), 400, "invalid_lock_name"],
        [Array(5).fill("y".repeat(60)).join("/"), 400, "invalid_lock_name"],
        ["__election/a", 403, "forbidden"],
        ["__election%2Fa", 403, "forbidden"],
        ["a//b", 404, "not_found"],
        ["/a", 404, "not_found"],
        ["", 404, "not_found"],
        ["%zz", 400, "invalid_input"],
        ["%ff", 400, "invalid_input"],
      ])("%s is none", async (sent, status, code) => {
        expectFault(await http.call(`GET /locks/${sent}`, alice), status, code);
        expectFault(await acquire(sent, alice), status, code);
      });

      it("end a path only in a slash where there is nothing", async () => {
        expectFault(await http.call("GET /locks/a/", alice), 404, "not_found");
        expectFault(await http.call("POST /locks/a/acquire/", { ...alice, body: {} }), 405, "invalid_input");
      });
    });

    describe("reads", () => {
      it("say how they were made", async () => {
        const { headers } = await http.call(`GET /locks/${fresh()}`, alice);
        expect(headers).toMatchObject({
          "content-type": "application/json",
          "cache-control": "private, no-cache",
          "x-cache": expect.stringMatching(/^(hit|miss|bypass|stale)$/),
          age: expect.stringMatching(/^\d+$/),
          etag: expect.stringMatching(/^W\/"\d+"$/),
          "x-octofleet-revision": expect.stringMatching(/^\d+\.\d+$/),
        });
      });

      it("have a tag that changes with the lock", async () => {
        const lock = fresh();
        await acquire(lock, alice, { metadata: "one" });
        const first = await http.call(`GET /locks/${lock}`, alice);
        const tag = first.headers.etag as string;
        const again = (ifNoneMatch: string) =>
          http.call(`GET /locks/${lock}`, { ...alice, headers: { "if-none-match": ifNoneMatch } });
        const same = await again(`W/"0", ${tag}`);
        expect([same.status, same.text, same.headers.etag]).toEqual([304, "", tag]);
        expect(same.headers["x-cache"]).toBeDefined();
        expect((await again("*")).status).toBe(304);
        expect((await again('"0"')).status).toBe(200);
        await http.call(`PUT /locks/${lock}/metadata`, {
          ...alice,
          body: { lease_id: (await acquire(lock, alice)).json.lease_id, metadata: "two" },
        });
        const changed = await again(tag);
        expect([changed.status, changed.json.metadata]).toEqual([200, "two"]);
      });

      it("come from the master when that is asked for", async () => {
        const headers = { "cache-control": "no-cache" };
        expect((await http.call(`GET /locks/${fresh()}`, { ...alice, headers })).headers["x-cache"]).toBe("bypass");
      });

      it("take one prefix at most", async () => {
        expectFault(await http.call("GET /locks?prefix=a&prefix=b"), 400, "invalid_input");
      });

      it("answer HEAD like GET, without the body", async () => {
        const lock = fresh();
        await acquire(lock, alice);
        for (const path of [`/locks/${lock}`, "/locks", "/health", "/readyz"]) {
          const get = await http.call(`GET ${path}`, alice);
          const head = await http.call(`HEAD ${path}`, alice);
          expect([head.status, head.text], path).toEqual([200, ""]);
          expect(head.headers["content-length"], path).toBe(get.headers["content-length"]);
        }
      });
    });

    describe("addresses", () => {
      it.each(["GET /", "GET /nothing", "POST /nothing", "GET /health/", "GET /locks/"])(
        "has nothing under %s",
        async (line) => {
          expectFault(await http.call(line as "GET /", alice), 404, "not_found");
        },
      );

      it.each([
        ["DELETE /locks/a", "GET, HEAD"],
        ["PUT /locks/a", "GET, HEAD"],
        ["DELETE /locks/a/acquire", "GET, HEAD, POST"],
        ["POST /locks/a/metadata", "GET, HEAD, PUT"],
        ["POST /health", "GET, HEAD"],
      ])("says which methods there are instead of %s", async (line, allow) => {
        const reply = await http.call(line as "GET /", alice);
        expectFault(reply, 405, "invalid_input");
        expect(reply.headers.allow).toBe(allow);
      });

      it("has no watches and no ACLs yet, and says so", async () => {
        expectFault(await http.call("GET /locks/a/watch", alice), 404, "not_found");
        expectFault(await http.call("PUT /locks/a/acl", { ...alice, body: {} }), 405, "invalid_input");
      });

      it("answers a page of a known origin", async () => {
        const origin = "http://localhost:3000";
        const asked = await http.call("OPTIONS /locks/a/acquire", { headers: { origin } });
        expect([asked.status, asked.text]).toEqual([200, ""]);
        expect(asked.headers).toMatchObject({
          "access-control-allow-origin": origin,
          "access-control-allow-methods": "GET,POST,PUT,DELETE",
          "access-control-max-age": "600",
          "access-control-allow-headers": expect.stringContaining("authorization,content-type"),
          "x-request-id": expect.stringMatching(REQUEST_ID),
        });
        const read = await http.call("GET /locks/a", { ...alice, headers: { origin } });
        expect(read.headers).toMatchObject({
          "access-control-allow-origin": origin,
          "access-control-expose-headers": expect.stringContaining("x-request-id"),
        });
        const stranger = await http.call("GET /locks/a", { ...alice, headers: { origin: "https://example.com" } });
        expect(stranger.headers["access-control-allow-origin"]).toBeUndefined();
      });

      it("gives every answer an id of its own, whatever the client sends", async () => {
        const lines = [
          "GET /locks/a",
          "GET /locks",
          "GET /nothing",
          "OPTIONS /x",
          "GET /health",
          "GET /metrics",
        ] as const;
        const ids = new Set<string>();
        const repeats = 100; // more than one random head is used for
        for (let n = 0; n < repeats; n += 1) {
          for (const line of lines) {
            const { headers } = await http.call(line, { ...alice, headers: { "x-request-id": "mine" } });
            expect(headers["x-request-id"], line).toMatch(REQUEST_ID);
            ids.add(headers["x-request-id"] as string);
          }
        }
        expect(ids.size).toBe(repeats * lines.length);
      });
    });

    describe("the state of the process", () => {
      it("is told to everybody", async () => {
        expect((await http.call("GET /health")).json).toMatchObject({ status: "ok", storage: "wal" });
        const { status, json } = await http.call("GET /readyz");
        expect([status, json.ready]).toEqual([200, true]);
        expect(json).toMatchObject({ role: expect.stringMatching(/^(master|proxy)$/), epoch: expect.any(Number) });
      });

      it("is counted", async () => {
        const count = async (): Promise<number> => {
          const { text } = await http.call("GET /metrics");
          return Number(
            /octofleet_gateway_requests_total\{operation="status",class="2xx"\} (\d+)/.exec(text)?.[1] ?? 0,
          );
        };
        const before = await count();
        await http.call(`GET /locks/${fresh()}`, alice);
        await http.call(`GET /locks/${fresh()}`, { ...alice, headers: { "cache-control": "no-cache" } });
        expect(await count()).toBe(before + 2);
        expect((await http.call("GET /metrics")).text).toMatch(
          /octofleet_cache_answers_total\{source="bypass"\} [1-9]/,
        );
      });
    });
  });
}

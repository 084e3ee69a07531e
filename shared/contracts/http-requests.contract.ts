import { describe, expect, it } from "vitest";
import { type Door, expectFault, NO_LEASE } from "./door.fixture.js";
import type { Call } from "./http-caller.fixture.js";

type Verb = "acquire" | "renew" | "release";

/** Which requests the HTTP door takes, and what it says to the others. */
export function httpRequestsContract(door: Door): void {
  describe("callers", () => {
    it.each([
      ["no header", {}, "authentication_required"],
      ["another scheme", { authorization: "Basic eDp5" }, "authentication_required"],
      ["bearer in small letters", { authorization: "bearer x" }, "authentication_required"],
      ["an unknown token", { authorization: "Bearer nobody" }, "authentication_failed"],
      ["an unknown admin key", { "x-admin-key": "nobody" }, "authentication_failed"],
    ])("are turned away with %s", async (_, headers: Record<string, string>, code) => {
      expectFault(await door.call("GET /locks/a", { headers }), 401, code);
      expectFault(await door.call("GET /locks", { headers }), 401, code);
      expectFault(await door.call("POST /locks/a/acquire", { headers, body: {} }), 401, code);
    });

    it.each(["x-admin-key", "x-octostore-admin-key"])("may show the admin key in %s", async (header) => {
      const admin: Call = { headers: { [header]: door.served.adminKey } };
      expect((await door.call(`GET /locks/${door.fresh()}`, admin)).status).toBe(200);
      expect((await door.acquire(door.fresh(), admin)).json.status).toBe("acquired");
    });

    it("may not show the admin key as a token, nor a token as the admin key", async () => {
      expectFault(
        await door.call("GET /locks/a", { token: `admin:${door.served.adminKey}` }),
        401,
        "authentication_failed",
      );
      const headers = { "x-admin-key": door.served.tokens.alice };
      expectFault(await door.call("GET /locks/a", { headers }), 401, "authentication_failed");
    });

    it("are known by their token if their admin key is wrong", async () => {
      const headers = { "x-admin-key": "wrong" };
      expect((await door.call("GET /locks/a", { ...door.alice, headers })).status).toBe(200);
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
        () => ({ ...door.alice, body: { ttl_seconds: 0 } }),
        400,
        "invalid_lock_name",
      ],
      [
        "reserved before ttl",
        "/locks/__election/x/acquire",
        () => ({ ...door.alice, body: { ttl_seconds: 0 } }),
        403,
        "forbidden",
      ],
      [
        "ttl before metadata",
        "/locks/a/acquire",
        () => ({ ...door.alice, body: { ttl_seconds: 0, metadata: long } }),
        400,
        "invalid_ttl",
      ],
      [
        "ttl above the bound",
        "/locks/a/renew",
        () => ({ ...door.alice, body: { ttl_seconds: 3601, lease_id: NO_LEASE } }),
        400,
        "invalid_ttl",
      ],
      [
        "metadata too long",
        "/locks/a/acquire",
        () => ({ ...door.alice, body: { metadata: long, lock_delay_seconds: 31 } }),
        400,
        "invalid_input",
      ],
      [
        "delay above the bound",
        "/locks/a/acquire",
        () => ({ ...door.alice, body: { lock_delay_seconds: 31 } }),
        400,
        "invalid_input",
      ],
    ])("%s", async (_, path, call, status, code) => {
      expectFault(await door.call(`POST ${path}`, call()), status, code);
    });

    it("takes what is allowed at the edges", async () => {
      const body = { ttl_seconds: 3600, metadata: "🐙".repeat(1024), lock_delay_seconds: 30, nobody_knows: [1] };
      expect((await door.acquire(door.fresh(), door.alice, body)).json.status).toBe("acquired");
      const nulls = {
        ttl_seconds: null,
        metadata: null,
        session_id: null,
        ephemeral: null,
        lock_delay_seconds: null,
        acl: null,
      };
      expect((await door.acquire(door.fresh(), door.alice, nulls)).json.status).toBe("acquired");
    });

    it.each<[Verb, unknown, string]>([
      ["acquire", [], "The body must be a JSON object."],
      ["acquire", { ttl_seconds: "60" }, "The body's field ttl_seconds must be a whole number."],
      ["acquire", { ttl_seconds: -1 }, "The body's field ttl_seconds must be 0 or more."],
      ["acquire", { lock_delay_seconds: 2 ** 32 }, "The body's field lock_delay_seconds must be 4294967295 or less."],
      ["acquire", { metadata: 5 }, "The body's field metadata must be a string."],
      ["acquire", { ephemeral: 1 }, "The body's field ephemeral must be true or false."],
      ["acquire", { session_id: "zz" }, "The body's field session_id must be a UUID."],
      ["acquire", { session_id: 5 }, "The body's field session_id must be a string."],
      ["acquire", { acl: {} }, "The body's field acl lacks acquire."],
      ["acquire", { acl: { acquire: "x" } }, "The body's field acl.acquire must be a JSON array."],
      ["acquire", { acl: { acquire: [1] } }, "The body's field acl.acquire.0 must be a string."],
      ["renew", { lease_id: `${NO_LEASE}0` }, "The body's field lease_id must be a UUID."],
      ["release", {}, "The body lacks lease_id."],
    ])("says in plain words what shape %s does not take: %j", async (verb, body, details) => {
      const refused = await door.call(`POST /locks/a/${verb}`, { ...door.alice, body });
      expectFault(refused, 422, "invalid_input");
      expect(refused.json.details).toBe(details);
    });

    it.each([
      [{ ephemeral: true }, "session_id"],
      [{ acl: { acquire: ["user:alice"] } }, "ACL"],
    ])("says what cannot be had: %j", async (body, word) => {
      const lock = door.fresh();
      const refused = await door.acquire(lock, door.alice, body);
      expectFault(refused, 400, "invalid_input");
      expect(refused.json.details).toContain(word);
      expect((await door.call(`GET /locks/${lock}`, door.alice)).json.status).toBe("free");
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
      expect((await door.call(`GET /locks/${sent}`, door.alice)).json.name).toBe(lock);
      const { lease_id } = (await door.acquire(sent, door.alice, { metadata: sent })).json;
      expect((await door.call(`GET /locks/${encodeURIComponent(lock)}`, door.alice)).json.metadata).toBe(sent);
      await door.call(`POST /locks/${sent}/release`, { ...door.alice, body: { lease_id } });
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
      expectFault(await door.call(`GET /locks/${sent}`, door.alice), status, code);
      expectFault(await door.acquire(sent, door.alice), status, code);
    });

    it("end a path only in a slash where there is nothing", async () => {
      for (const line of ["GET /locks/a/", "POST /locks/a/acquire/", "PUT /locks/a/metadata/"] as const) {
        const body = line.startsWith("GET") ? undefined : {};
        expectFault(await door.call(line, { ...door.alice, body }), 404, "not_found");
      }
    });
  });
}

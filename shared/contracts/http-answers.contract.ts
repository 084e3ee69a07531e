import { describe, expect, it } from "vitest";
import { type Door, expectFault } from "./door.fixture.js";

const REQUEST_ID = /^req_[0-9a-f]{32}$/;

/** What the answers of the HTTP door look like, and what else there is to ask. */
export function httpAnswersContract(door: Door): void {
  describe("reads", () => {
    it("say how they were made", async () => {
      const { headers } = await door.call(`GET /locks/${door.fresh()}`, door.alice);
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
      const lock = door.fresh();
      await door.acquire(lock, door.alice, { metadata: "one" });
      const first = await door.call(`GET /locks/${lock}`, door.alice);
      const tag = first.headers.etag as string;
      const again = (ifNoneMatch: string) =>
        door.call(`GET /locks/${lock}`, { ...door.alice, headers: { "if-none-match": ifNoneMatch } });
      const same = await again(`W/"0", ${tag}`);
      expect([same.status, same.text, same.headers.etag]).toEqual([304, "", tag]);
      expect(same.headers["x-cache"]).toBeDefined();
      expect((await again("*")).status).toBe(304);
      expect((await again('"0"')).status).toBe(200);
      await door.call(`PUT /locks/${lock}/metadata`, {
        ...door.alice,
        body: { lease_id: (await door.acquire(lock, door.alice)).json.lease_id, metadata: "two" },
      });
      const changed = await again(tag);
      expect([changed.status, changed.json.metadata]).toEqual([200, "two"]);
    });

    it("come from the master when that is asked for", async () => {
      const headers = { "cache-control": "no-cache" };
      expect((await door.call(`GET /locks/${door.fresh()}`, { ...door.alice, headers })).headers["x-cache"]).toBe(
        "bypass",
      );
    });

    it("take one prefix at most", async () => {
      expectFault(await door.call("GET /locks?prefix=a&prefix=b"), 400, "invalid_input");
    });

    it("answer HEAD like GET, without the body", async () => {
      const lock = door.fresh();
      await door.acquire(lock, door.alice);
      for (const path of [`/locks/${lock}`, "/locks", "/health", "/readyz"]) {
        const get = await door.call(`GET ${path}`, door.alice);
        const head = await door.call(`HEAD ${path}`, door.alice);
        expect([head.status, head.text], path).toEqual([200, ""]);
        expect(head.headers["content-length"], path).toBe(get.headers["content-length"]);
      }
    });
  });

  describe("addresses", () => {
    it.each([
      "GET /",
      "GET /nothing",
      "POST /nothing",
      "GET /health/",
      "GET /locks/",
      "POST /locks/",
      "DELETE /locks/a/",
      "DELETE /locks/a//acquire",
      "POST /locks/a/foo/",
    ])("has nothing under %s", async (line) => {
      expectFault(await door.call(line as "GET /", door.alice), 404, "not_found");
    });

    it.each([
      ["DELETE /locks/a", "GET, HEAD"],
      ["PUT /locks/a", "GET, HEAD"],
      ["DELETE /locks/a/acquire", "GET, HEAD, POST"],
      ["POST /locks/a/metadata", "GET, HEAD, PUT"],
      ["POST /locks/a/foo", "GET, HEAD"], // a lock may have this name
      ["POST /locks/a/watch", "GET, HEAD"],
      ["DELETE /locks/a/events", "GET, HEAD"],
      ["POST /events", "GET, HEAD"],
      ["POST /proxies", "GET, HEAD"],
      ["POST /health", "GET, HEAD"],
    ])("says which methods there are instead of %s", async (line, allow) => {
      const reply = await door.call(line as "GET /", door.alice);
      expectFault(reply, 405, "invalid_input");
      expect(reply.headers.allow).toBe(allow);
    });

    it("has no ACLs yet, and says so", async () => {
      expectFault(await door.call("PUT /locks/a/acl", { ...door.alice, body: {} }), 405, "invalid_input");
    });

    it("answers a page of a known origin", async () => {
      const origin = "http://localhost:3000";
      const asked = await door.call("OPTIONS /locks/a/acquire", { headers: { origin } });
      expect([asked.status, asked.text]).toEqual([200, ""]);
      expect(asked.headers).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET,POST,PUT,DELETE",
        "access-control-max-age": "600",
        "access-control-allow-headers": expect.stringContaining("authorization,content-type"),
        "x-request-id": expect.stringMatching(REQUEST_ID),
      });
      const read = await door.call("GET /locks/a", { ...door.alice, headers: { origin } });
      expect(read.headers).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-expose-headers": expect.stringContaining("x-request-id"),
      });
      const stranger = await door.call("GET /locks/a", { ...door.alice, headers: { origin: "https://example.com" } });
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
          const { headers } = await door.call(line, { ...door.alice, headers: { "x-request-id": "mine" } });
          expect(headers["x-request-id"], line).toMatch(REQUEST_ID);
          ids.add(headers["x-request-id"] as string);
        }
      }
      expect(ids.size).toBe(repeats * lines.length);
    });
  });

  describe("the state of the process", () => {
    it("is told to everybody", async () => {
      expect((await door.call("GET /health")).json).toMatchObject({ status: "ok", storage: "wal" });
      const { status, json } = await door.call("GET /readyz");
      expect([status, json.ready]).toEqual([200, true]);
      expect(json).toMatchObject({
        role: expect.stringMatching(/^(master|proxy)$/),
        epoch: expect.any(Number),
        sockets: 0,
      });
    });

    it("is counted", async () => {
      const count = async (): Promise<number> => {
        const { text } = await door.call("GET /metrics");
        return Number(/octofleet_gateway_requests_total\{operation="status",class="2xx"\} (\d+)/.exec(text)?.[1] ?? 0);
      };
      const before = await count();
      await door.call(`GET /locks/${door.fresh()}`, door.alice);
      await door.call(`GET /locks/${door.fresh()}`, { ...door.alice, headers: { "cache-control": "no-cache" } });
      expect(await count()).toBe(before + 2);
      expect((await door.call("GET /metrics")).text).toMatch(/octofleet_cache_answers_total\{source="bypass"\} [1-9]/);
    });
  });
}

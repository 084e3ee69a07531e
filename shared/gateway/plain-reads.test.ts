import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpCaller } from "../contracts/http-caller.fixture.js";
import type { CellFixture } from "./cell-service.fixture.js";
import { ALICE, serveFixture } from "./gateway.fixture.js";
import type { Gateway } from "./gateway.js";

const bearer = { authorization: `Bearer ${ALICE}` };

describe("the hot path", () => {
  let cell: CellFixture;
  let gateway: Gateway;
  let http: HttpCaller;
  beforeEach(async () => {
    ({ cell, gateway } = await serveFixture());
    http = new HttpCaller(gateway.url);
    await http.call("POST /locks/a/b/acquire", { token: ALICE, body: { metadata: "équipe 🐙" } });
    cell.reads.length = 0;
  });
  afterEach(async () => {
    await http.close();
    await gateway.close();
  });

  /** All of an answer, as it came over the wire but for the id and the date. */
  async function raw(
    path: string,
    headers: Record<string, string> = bearer,
  ): Promise<{ headers: string[]; body: Buffer }> {
    const sent = request(`${gateway.url}${path}`, { headers, agent: false }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const body = Buffer.concat(await response.toArray());
    const pairs = response.rawHeaders.map((value, at) => {
      const name = response.rawHeaders[at - (at % 2)];
      return at % 2 === 1 && (name === "X-Request-Id" || name === "Date") ? "" : value;
    });
    return { headers: pairs, body };
  }

  it.each(["/locks/a/b", "/locks/a%2Fb", "/locks/free"])("answers %s like the router, to the byte", async (path) => {
    const hot = await raw(path);
    expect(cell.reads).toEqual([]);
    const routed = await raw(`${path}?x`);
    expect(cell.reads).toHaveLength(1);
    expect(hot).toEqual(routed);
    expect(hot.body.length).toBe(Number(hot.headers[hot.headers.indexOf("Content-Length") + 1]));
    expect(hot.headers).toContain("X-Octofleet-Revision");
  });

  it.each([
    ["a cache directive", "/locks/a/b", { "cache-control": "no-cache" }],
    ["a tag", "/locks/a/b", { "if-none-match": "*" }],
    ["an admin key", "/locks/a/b", { "x-admin-key": "x" }],
    ["an origin", "/locks/a/b", { origin: "http://localhost:3000" }],
    ["a query", "/locks/a/b?x", {}],
  ])("leaves to the router what has %s", async (_, path, headers: Record<string, string>) => {
    await raw(path, { ...bearer, ...headers });
    expect(cell.reads).toHaveLength(1);
  });

  it("leaves to the router what is not in the cache", async () => {
    cell.cached = false;
    expect((await http.call("GET /locks/a/b", { token: ALICE })).headers["x-cache"]).toBe("miss");
  });

  it("shows each change at once, however often it has answered before", async () => {
    const read = async () => (await http.call("GET /locks/a/b", { token: ALICE })).json;
    const first = await read();
    expect(await read()).toEqual(first);
    const { lease_id } = (await http.call("POST /locks/a/b/acquire", { token: ALICE, body: {} })).json;
    await http.call("PUT /locks/a/b/metadata", { token: ALICE, body: { lease_id, metadata: "new" } });
    expect((await read()).metadata).toBe("new");
    await http.call("POST /locks/a/b/release", { token: ALICE, body: { lease_id } });
    expect((await read()).status).toBe("free");
  });

  it("is authorised by the token as it is now (P10)", async () => {
    expect((await raw("/locks/a/b")).headers).toContain("hit");
    cell.revoke(ALICE);
    const refused = await http.call("GET /locks/a/b", { token: ALICE });
    expect([refused.status, refused.json.code]).toEqual([401, "authentication_failed"]);
  });

  it("shows the epoch of the answer, also for an entry that is older", async () => {
    await raw("/locks/a/b");
    cell.state = { ...cell.state, epoch: 7 };
    const { headers } = await http.call("GET /locks/a/b", { token: ALICE });
    expect(headers["x-octofleet-revision"]).toMatch(/^7\./);
  });

  it("counts like the router", async () => {
    await raw("/locks/a/b");
    await raw("/locks/a/b?x");
    const { text } = await http.call("GET /metrics");
    expect(text).toContain('octofleet_gateway_requests_total{operation="status",class="2xx"} 2');
    expect(text).toContain('octofleet_cache_answers_total{source="hit"} 2');
  });
});

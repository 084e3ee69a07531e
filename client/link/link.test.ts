import { describe, expect, it } from "vitest";
import type { Client } from "../client.js";
import { ScriptedCell } from "../testing/scripted-cell.fixture.js";

const address = (url: string) => ({ name: url, url, zone: "" });

/** How long the client was without a connection while time passed, in ms. */
async function gap(cell: ScriptedCell, client: Client, forMs: number): Promise<number> {
  let withoutMs = 0;
  for (let ms = 0; ms < forMs; ms += 10) {
    await cell.clock.runFor(10);
    if (client.proxy === undefined) withoutMs += 10;
  }
  return withoutMs;
}

describe("the client's connection", () => {
  it("is to the nearest gateway", async () => {
    const cell = new ScriptedCell({ gateways: 3 });
    for (const [at, delayMs] of [40, 5, 80].entries()) cell.gateway(at).delayMs = delayMs;
    for (let i = 0; i < 5; i++) expect((await cell.connect()).proxy).toBe("http://p2");
  });

  it("is to one that serves", async () => {
    const cell = new ScriptedCell({ gateways: 3 });
    cell.gateway(0).readiness = 503;
    cell.gateway(2).kill();
    for (let i = 0; i < 5; i++) expect((await cell.connect()).proxy).toBe("http://p2");
  });

  it("finds other gateways than those that the client was given", async () => {
    const cell = new ScriptedCell({ gateways: 3 });
    const client = await cell.connect({ proxies: ["http://p1/"] });
    expect(client.proxy).toBeDefined();
    for (const gateway of cell.gateways.slice(0, 2)) gateway.kill();
    await cell.clock.runFor(10_000);
    expect(client.proxy).toBe("http://p3");
  });

  it("moves when it is asked to, without a moment between, to a gateway that it was told of", async () => {
    const cell = new ScriptedCell({ gateways: 2 });
    const client = await cell.connect({ proxies: ["http://p1"] });
    const left = cell.of(client);
    left.goAway(2_000, [address(cell.besides(left).url)]);
    expect(await gap(cell, client, 2_500)).toBe(0);
    expect(client.proxy).toBe(cell.besides(left).url);
    expect(left.lines.size).toBe(0);
  });

  it("moves at a moment of its own: clients that are asked together do not come together", async () => {
    const cell = new ScriptedCell({ gateways: 2 });
    cell.gateway(1).delayMs = 200;
    const clients: Client[] = [];
    for (let i = 0; i < 40; i++) clients.push(await cell.connect());
    cell.gateway(0).goAway(10_000, []);
    const moved = () => clients.filter(({ proxy }) => proxy === "http://p2").length;
    await cell.clock.runFor(4_800); // 800 ms for connecting, half of the 8 s that are used
    expect(moved()).toBeGreaterThan(10);
    expect(moved()).toBeLessThan(30);
    await cell.clock.runFor(4_200);
    expect(moved()).toBe(40);
  });

  it("comes back at a moment of its own when it was lost", async () => {
    const cell = new ScriptedCell({ gateways: 2 });
    cell.gateway(1).delayMs = 200;
    const clients: Client[] = [];
    for (let i = 0; i < 40; i++) clients.push(await cell.connect());
    cell.gateway(0).kill();
    const back = async (ms: number) => {
      await cell.clock.runFor(ms);
      return clients.filter(({ proxy }) => proxy !== undefined).length;
    };
    expect(await back(350)).toBe(0);
    const early = await back(1_050);
    expect(early).toBeGreaterThan(8);
    expect(early).toBeLessThan(32);
    expect(await back(1_500)).toBe(40);
  });

  it("leaves a gateway that has fallen silent, before any session is in doubt", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    const session = await cell.settle(client.openSession());
    const told: unknown[] = [];
    session.on("jeopardy", () => told.push("jeopardy"));
    await cell.settle(session.acquire("a"));
    const left = cell.of(client);
    left.state = "frozen";
    await cell.clock.runFor(12_000);
    expect([client.proxy, told]).toEqual([cell.besides(left).url, []]);
  });

  it("is found dead by a client that has no session, too", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    await cell.clock.runFor(60_000);
    const left = cell.of(client);
    left.state = "frozen";
    await cell.clock.runFor(40_000);
    expect(client.proxy).toBe(cell.besides(left).url);
  });

  it("is kept while no other gateway takes it, even if nothing is heard for a while", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    const kept = cell.of(client);
    cell.besides(kept).readiness = 503;
    kept.state = "frozen";
    await cell.clock.runFor(25_000);
    expect(client.proxy).toBe(kept.url);
    kept.state = "up";
    await cell.clock.runFor(60_000);
    expect([client.proxy, kept.lines.size]).toEqual([kept.url, 1]);
  });

  it("is not left for a stall of the client's own, with the reply unread in the socket", async () => {
    const cell = new ScriptedCell();
    const process = cell.clock.process("client");
    const client = await cell.connect({}, process);
    const used = cell.of(client);
    await cell.settle(client.openSession());
    const keepAlives = () => used.requests.filter(({ type }) => type === "keepAlive").length;
    await cell.clock.runUntil(() => keepAlives() === 1, 10_000);
    process.pause();
    await cell.clock.runFor(6_000);
    process.resume();
    await cell.clock.runFor(60_000);
    expect([client.proxy, cell.besides(used).requests]).toEqual([used.url, []]);
  });

  it("waits as long as an overloaded gateway asks for", async () => {
    const cell = new ScriptedCell({ gateways: 1 });
    const client = await cell.connect();
    cell.gateway(0).close("overloaded", "Try again in 7000 ms.");
    await cell.clock.runFor(6_900);
    expect(client.proxy).toBeUndefined();
    await cell.clock.runFor(2_000);
    expect(client.proxy).toBe("http://p1");
  });

  it("is not tried again where it cannot be, and nowhere if the token is not good", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    const left = cell.of(client);
    left.close("unknownPath");
    await cell.clock.runFor(60_000);
    expect(client.proxy).toBe(cell.besides(left).url);
    cell.besides(left).close("unauthenticated");
    await cell.clock.runFor(60_000);
    expect(client.proxy).toBeUndefined();
    await expect(cell.settle(client.primary("a"))).rejects.toMatchObject({ code: "authentication_failed" });
  });

  it("carries a read over to the next gateway", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    cell.of(client).fate = ({ type }) => (type === "status" ? "lost" : "arrives");
    const primary = client.primary("a");
    await cell.clock.runFor(100);
    cell.of(client).kill();
    expect(await cell.settle(primary)).toBeNull();
  });

  it("does not try a read for ever", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    for (const gateway of cell.gateways) gateway.kill();
    await cell.clock.runFor(1_000);
    await expect(cell.settle(client.primary("a"))).rejects.toMatchObject({
      code: "upstream_unavailable",
      retry: "later",
    });
  });
});

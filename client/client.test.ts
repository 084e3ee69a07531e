import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ScriptedCell } from "./testing/scripted-cell.fixture.js";
import { refusal } from "./testing/scripted-master.fixture.js";

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(() => {
  process.off("unhandledRejection", note);
});

/** What nobody handles is told at the end of a turn. */
const turns = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("connect", () => {
  it("rejects with a sentence if no gateway is reached", async () => {
    const cell = new ScriptedCell();
    for (const gateway of cell.gateways) gateway.kill();
    await expect(cell.connect()).rejects.toMatchObject({
      code: "upstream_unavailable",
      message: "No gateway could be reached: http://p1, http://p2.",
    });
  });

  it("rejects at once if the token is not good", async () => {
    const cell = new ScriptedCell();
    await expect(cell.connect({ token: "bad" })).rejects.toMatchObject({ code: "authentication_failed" });
    expect(cell.clock.monotonicMs()).toBeLessThan(1_000);
  });

  it("rejects with the signal's reason", async () => {
    const cell = new ScriptedCell();
    for (const gateway of cell.gateways) gateway.kill();
    const stop = new AbortController();
    cell.clock.after(2_000, () => stop.abort(new Error("enough")));
    await expect(cell.connect({ signal: stop.signal })).rejects.toThrow("enough");
  });

  it("wants URLs of HTTP", async () => {
    await expect(new ScriptedCell().connect({ proxies: ["p1:80"] })).rejects.toMatchObject({ code: "invalid_input" });
  });

  it("never puts the token into a URL", async () => {
    const cell = new ScriptedCell();
    await cell.connect();
    await cell.clock.runFor(1_000_000);
    expect(cell.asked.length).toBeGreaterThan(4);
    expect(cell.asked.join()).not.toContain("good");
  });
});

describe("a client", () => {
  it("that is closed leaves nothing behind: no socket, no timer, no lock", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    const session = await cell.settle(client.openSession());
    await cell.settle(session.acquire("a"));
    void client.watch("a").next();
    await cell.settle(client.close());
    await cell.clock.runFor(1_000);
    const before = cell.gateways.map(({ requests, lines }) => [requests.length, lines.size]);
    await cell.clock.runFor(600_000);
    expect(cell.gateways.map(({ requests, lines }) => [requests.length, lines.size])).toEqual(before);
    expect(before.map(([, lines]) => lines)).toEqual([0, 0]);
    expect(cell.master.locks.size).toBe(0);
    await expect(client.openSession()).rejects.toMatchObject({ code: "shutting_down", retry: "never" });
    await expect(client.primary("a")).rejects.toMatchObject({ code: "shutting_down" });
  });

  it("that is closed while no gateway is there does not wait for one for long", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    const session = await cell.settle(client.openSession());
    await cell.settle(session.acquire("a"));
    for (const gateway of cell.gateways) gateway.kill();
    const startMs = cell.clock.monotonicMs();
    await cell.settle(client.close());
    expect(cell.clock.monotonicMs() - startMs).toBeLessThan(6_000);
  });

  it("that is closed keeps nobody waiting who was told to try again later", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    const session = await cell.settle(client.openSession());
    cell.master.execute = () => refusal("overloaded", 60_000);
    cell.of(client).refuseStatus = true;
    const asked = [session.acquire("a"), client.primary("b")];
    for (const each of asked) each.catch(() => {});
    await cell.clock.runFor(1_000);
    await cell.settle(client.close());
    const startMs = cell.clock.monotonicMs();
    await cell.settle(Promise.allSettled(asked));
    expect(cell.clock.monotonicMs() - startMs).toBeLessThan(10);
  });

  it("leaves no rejection unhandled, whatever its user does not wait for", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    const other = await cell.settle((await cell.connect()).openSession());
    const session = await cell.settle(client.openSession());
    const lock = await cell.settle(session.acquire("a"));
    await cell.settle(other.acquire("b"));
    const stop = new AbortController();
    const waits = ["b", "c"].map((name) => session.acquire(name, { wait: true, signal: stop.signal }));
    const opening = client.openSession({ signal: stop.signal });
    const seen = client.watch("a", { signal: stop.signal });
    void seen.next();
    await cell.clock.runFor(1);
    for (const gateway of cell.gateways) gateway.kill();
    stop.abort(new Error("enough"));
    await Promise.allSettled([...waits, opening]);
    void lock.setMetadata("x").catch(() => {});
    void lock.release();
    await cell.clock.runFor(120_000);
    expect(session.state).toBe("expired");
    await cell.settle(client.close());
    await turns();
    expect(unhandled).toEqual([]);
  });
});

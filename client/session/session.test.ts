import { describe, expect, it } from "vitest";
import type { Client } from "../client.js";
import { ScriptedCell } from "../testing/scripted-cell.fixture.js";
import type { Session } from "./session.js";

async function open(
  cell: ScriptedCell,
  leaseMs?: number,
): Promise<{ client: Client; session: Session; told: string[] }> {
  const client = await cell.connect();
  const session = await cell.settle(client.openSession({ leaseMs }));
  const told: string[] = [];
  for (const event of ["safe", "jeopardy", "expired"] as const) session.on(event, () => told.push(event));
  return { client, session, told };
}

const operationIdOf = (request: object | undefined): string => (request as { operationId: string }).operationId;

const count = (requests: readonly { type: string }[], type: string) =>
  requests.filter((request) => request.type === type).length;

describe("a session", () => {
  it("keeps itself alive every third of its lease", async () => {
    const cell = new ScriptedCell();
    const { client, session, told } = await open(cell);
    await cell.clock.runFor(120_000);
    expect(count(cell.of(client).requests, "keepAlive")).toBe(30);
    expect([session.state, told]).toEqual(["safe", []]);
  });

  it("costs the master nothing while it holds nothing, not even when its gateway dies", async () => {
    const cell = new ScriptedCell();
    const { client, session, told } = await open(cell);
    const { id } = session;
    cell.of(client).kill();
    await cell.clock.runFor(60_000);
    expect([session.state, told, cell.master.resumes]).toEqual(["safe", [], 0]);
    expect(session.id).not.toBe(id);
    expect(cell.master.revision).toBe(100);
  });

  it("P6: outlives its gateway with its locks, without a moment of doubt", async () => {
    const cell = new ScriptedCell();
    const { client, session, told } = await open(cell);
    const lock = await cell.settle(session.acquire("a"));
    const { id } = session;
    cell.of(client).kill();
    await cell.clock.runFor(100_000);
    expect([session.state, session.id, lock.held, told]).toEqual(["safe", id, true, []]);
    expect(cell.master.locks.get("a")?.leaseId).toBe("lease-1");
  });

  it.each(["ended", "taken"])("P1: holds nothing from the moment that it is told that it is gone: %s", async (why) => {
    const cell = new ScriptedCell();
    const { client, session } = await open(cell);
    const lock = await cell.settle(session.acquire("a"));
    const gateway = cell.of(client);
    gateway.fate = ({ type }) => (type === "resumeSession" ? "lost" : "arrives");
    for (const line of gateway.lines) {
      const gone = { type: "sessionGone", sessionId: session.id, why };
      line.listener.onText(JSON.stringify(gone));
    }
    expect([lock.held, session.state]).toEqual([false, "jeopardy"]);
    await cell.clock.runFor(1_000);
    expect(lock.held).toBe(false);
  });

  it("is in jeopardy when its own lease has run out, with no lock held, and safe again when it is resumed", async () => {
    const cell = new ScriptedCell();
    const { session, told } = await open(cell);
    const lock = await cell.settle(session.acquire("a"));
    for (const gateway of cell.gateways) gateway.kill();
    await cell.clock.runFor(12_000);
    expect([session.state, lock.held, told]).toEqual(["jeopardy", false, ["jeopardy"]]);
    for (const gateway of cell.gateways) gateway.restart();
    await cell.clock.runFor(12_000);
    expect([session.state, lock.held, told]).toEqual(["safe", true, ["jeopardy", "safe"]]);
  });

  it("is expired when the grace is over", async () => {
    const cell = new ScriptedCell();
    const { session, told } = await open(cell);
    const lock = await cell.settle(session.acquire("a"));
    for (const gateway of cell.gateways) gateway.kill();
    await cell.clock.runFor(55_000);
    expect(session.state).toBe("jeopardy");
    await cell.clock.runFor(6_000);
    expect([session.state, told]).toEqual(["expired", ["jeopardy", "expired"]]);
    await expect(cell.settle(lock.lost)).resolves.toMatchObject({ code: "session_expired" });
    await expect(cell.settle(session.acquire("b"))).rejects.toMatchObject({
      code: "session_expired",
      retry: "newSession",
    });
  });

  it("is expired when the cell says so", async () => {
    const cell = new ScriptedCell();
    const { client, session, told } = await open(cell);
    const lock = await cell.settle(session.acquire("a"));
    const lost: string[] = [];
    lock.on("lost", ({ code }) => lost.push(code));
    cell.master.sessions.delete(session.id);
    cell.of(client).held.delete(session.id);
    await cell.clock.runFor(5_000);
    expect([session.state, told, lost, lock.held]).toEqual([
      "expired",
      ["jeopardy", "expired"],
      ["session_expired"],
      false,
    ]);
  });

  it("knows at the moment of use that its lease is over, before any timer could tell", async () => {
    const cell = new ScriptedCell();
    const process = cell.clock.process("client");
    const client = await cell.connect({}, process);
    const session = await cell.settle(client.openSession());
    const lock = await cell.settle(session.acquire("a"));
    process.pause();
    await cell.clock.runFor(20_000);
    expect([lock.held, session.state]).toEqual([false, "jeopardy"]);
    process.resume();
    await cell.clock.runFor(1_000);
    expect(session.state).toBe("expired");
  });

  it("S3: does not count on KeepAlives of the gateway that it has left", async () => {
    const cell = new ScriptedCell();
    const { client, session } = await open(cell);
    const lock = await cell.settle(session.acquire("a"));
    const left = cell.of(client);
    const next = cell.besides(left);
    next.fate = ({ type }) => (type === "resumeSession" ? "unanswered" : "arrives");
    left.takenDelayMs = 60_000;
    left.goAway(100, []);
    await cell.clock.runFor(13_000);
    expect([session.state, lock.held]).toEqual(["jeopardy", false]);
  });

  it("becomes a new one if its first write got lost with its gateway", async () => {
    const cell = new ScriptedCell();
    const { client, session, told } = await open(cell);
    const gateway = cell.of(client);
    gateway.fate = ({ type }) => (type === "acquire" ? "lost" : "arrives");
    const acquired = session.acquire("a");
    await cell.clock.runFor(100);
    gateway.kill();
    const lock = await cell.settle(acquired);
    expect([lock.held, session.state, told]).toEqual([true, "safe", []]);
    // The lost one may still be decided, and the cell takes an id for one session only.
    const [lost, sent] = [gateway, cell.of(client)].map(({ requests }) =>
      requests.find(({ type }) => type === "acquire"),
    );
    expect(sent).toMatchObject({ type: "acquire", operationId: expect.not.stringMatching(operationIdOf(lost)) });
  });

  it("keeps what it got if only the answer to its first write got lost with its gateway", async () => {
    const cell = new ScriptedCell();
    const { client, session } = await open(cell);
    const { id } = session;
    const gateway = cell.of(client);
    gateway.fate = ({ type }) => (type === "acquire" ? "unanswered" : "arrives");
    const acquired = session.acquire("a");
    await cell.clock.runFor(100);
    gateway.kill();
    const lock = await cell.settle(acquired);
    expect([lock.fencingToken, session.id]).toEqual([1, id]);
  });

  it("survives a gateway that has lost its lease, and looks for another one", async () => {
    const cell = new ScriptedCell();
    cell.gateway(1).delayMs = 80;
    const { client, session, told } = await open(cell);
    const left = cell.gateway(0);
    expect(cell.of(client)).toBe(left);
    left.refuseKeepAlives = true;
    await cell.clock.runFor(30_000);
    expect([session.state, told]).toEqual(["safe", []]);
    expect(cell.of(client)).toBe(cell.besides(left));
  });

  it("frees its locks when it is closed, and holds none from the call on", async () => {
    const cell = new ScriptedCell();
    const { session, told } = await open(cell);
    const lock = await cell.settle(session.acquire("a"));
    const closed = session.close();
    expect([lock.held, session.state]).toEqual([false, "expired"]);
    await cell.settle(closed);
    await cell.clock.runFor(100);
    expect([cell.master.locks.size, told]).toEqual([0, []]);
    await expect(session.acquire("b")).rejects.toMatchObject({ code: "session_expired" });
  });

  it("is not opened any more once its opening was given up", async () => {
    const cell = new ScriptedCell({ gateways: 1 });
    const client = await cell.connect();
    cell.gateway(0).fate = ({ type }) => (type === "openSession" ? "lost" : "arrives");
    const stop = new AbortController();
    const opening = client.openSession({ signal: stop.signal });
    await cell.clock.runFor(1_000);
    stop.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    await cell.clock.runFor(120_000);
    expect(count(cell.gateway(0).requests, "openSession")).toBe(1);
  });

  it("is refused with the cell's own words", async () => {
    const cell = new ScriptedCell();
    const client = await cell.connect();
    cell.of(client).token = "another";
    cell.of(client).close("unauthenticated");
    await cell.clock.runFor(100);
    await expect(client.openSession()).rejects.toMatchObject({ code: "authentication_failed", retry: "never" });
  });
});

import { describe, expect, it } from "vitest";
import type { Command } from "../../shared/protocol/commands.js";
import { lockKey, sessionKey } from "../../shared/protocol/keys.js";
import { holderIdOf } from "../../shared/protocol/tokens.js";
import { acquireOf, Cell, ephemeralOf, NAME, newSession, type Session, told } from "./cell.fixture.js";
import { entryOf, timedEntryOf } from "./entries.js";
import { keysOf } from "./keys-of.js";

/** The lease of a lock that alice's session took first. */
const LEASE = { name: NAME, leaseId: "lease-3" };

/** Alice's session `s` holds the lock, under attachment 3. */
function holding(some: Parameters<typeof ephemeralOf>[0] = {}): Cell {
  const cell = new Cell("alice", "bob");
  cell.client("alice", ephemeralOf(some), { session: newSession("s") });
  return cell;
}

const resume = (cell: Cell, secretHash: string | null, some: Partial<Session> = {}) =>
  cell.client(
    "alice",
    { kind: "resumeSession", secretHash },
    { session: { sessionId: "s", attachment: null, ...some } },
  );

const expired = "refused session_expired 410";
const notFound = "refused not_found 404";
describe("a session is anchored", () => {
  it("in the commit that gives it its first lock, under that commit's number", () => {
    const cell = new Cell("alice");
    const outcome = cell.client("alice", ephemeralOf(), { session: newSession("s") });
    expect(outcome.attached).toEqual({ sessionId: "s", attachment: cell.revision });
    expect(cell.ground.sessions.get("s")).toEqual({
      sessionId: "s",
      principal: "user:alice",
      leaseMs: 12_000,
      secretHash: "secret of s",
      attachment: 2,
      resumed: false,
      locks: [NAME],
      labels: [],
      waits: [],
    });
  });

  it("by its first place, and by openSession", () => {
    const cell = holding();
    const waits = cell.client("bob", ephemeralOf({ wait: true }), { session: newSession("w"), operationId: "o" });
    expect(waits).toMatchObject({ answer: { status: "waiting" }, attached: { sessionId: "w", attachment: 4 } });
    const opened = cell.client("bob", { kind: "openSession" }, { session: newSession("x") });
    expect(opened).toMatchObject({ answer: { status: "sessionOpened" }, attached: { attachment: 5 }, writes: true });
    const again = cell.client("bob", { kind: "openSession" }, { session: newSession("x") });
    expect(again).toMatchObject({ answer: { status: "sessionOpened" }, attached: { attachment: 5 }, writes: false });
  });

  it.each<[string, Command]>([
    ["held", ephemeralOf()],
    ["delayed", ephemeralOf({ name: "cooling" })],
    ["refused", { kind: "release", name: NAME, leaseId: "none" }],
    ["cancelled", { kind: "cancelWait", name: NAME, waitOperationId: "none" }],
    ["sessionClosed", { kind: "closeSession" }],
    ["refused", { kind: "resumeSession", secretHash: "secret of n" }],
  ])("by nothing that gives it nothing: %s", (status, command) => {
    const cell = holding();
    cell.client("alice", acquireOf({ name: "cooling", lockDelayMs: 9_000 }));
    cell.client("alice", { kind: "release", name: "cooling", leaseId: "lease-4" });
    const outcome = cell.client("bob", command, { session: newSession("n"), operationId: "o" });
    expect(outcome.answer.status).toBe(status);
    expect(outcome.attached).toBeUndefined();
    expect(cell.ground.sessions.get("n")).toBeUndefined();
  });

  it("once: the write sent again tells the number again, from whichever of its two sendings it is learned", () => {
    const cell = new Cell("alice");
    const send = () => cell.client("alice", ephemeralOf(), { session: newSession("s"), operationId: "o" });
    const first = send();
    expect(send()).toMatchObject({ answer: first.answer, attached: first.attached, writes: false });
  });
});

describe("an ephemeral lock", () => {
  it("is held by its session: not by its user, nor by another session of that user", () => {
    const cell = holding();
    const held = { status: "held", holderId: holderIdOf("session/s"), expiresAtWallMs: null };
    expect(cell.client("alice", acquireOf()).answer).toMatchObject(held);
    expect(cell.client("alice", ephemeralOf(), { session: newSession("s2") }).answer).toMatchObject(held);
    expect(entryOf(cell.ground, lockKey(NAME))?.value).toMatchObject({ holderId: holderIdOf("session/s") });
  });

  it("may not be taken from its user's plain lock", () => {
    const cell = new Cell("alice");
    cell.client("alice", acquireOf());
    expect(cell.client("alice", ephemeralOf(), { session: newSession("s") }).answer).toMatchObject({ status: "held" });
  });

  it("without a TTL is never due, and its copies need no looking up", () => {
    const cell = holding();
    cell.nowMs = Number.MAX_SAFE_INTEGER;
    expect(cell.own({ kind: "expire", name: NAME }).writes).toBe(false);
    expect(timedEntryOf(cell.ground, lockKey(NAME), cell.nowMs)).not.toHaveProperty("leftMs");
    expect(cell.client("alice", { kind: "renew", ...LEASE, ttlMs: 1_000 }).answer).toMatchObject({ code: "conflict" });
  });

  it("that its session takes again without a TTL has none any more", () => {
    const cell = holding({ ttlMs: 1_000 });
    const again = cell.client("alice", ephemeralOf(), { session: cell.attached("s") });
    expect(again).toMatchObject({
      answer: { leaseId: "lease-3", expiresAtWallMs: null },
      touched: [{ visible: false }],
    });
    expect(cell.client("alice", ephemeralOf({ ttlMs: 9_000 }), { session: cell.attached("s") }).writes).toBe(false);
  });

  it("with a TTL ends by it, whatever its session does (S16)", () => {
    const cell = holding({ ttlMs: 1_000 });
    cell.nowMs = 1_000;
    expect(cell.own({ kind: "expire", name: NAME }).touched).toMatchObject([{ event: "expired" }]);
    expect(cell.ground.sessions.get("s")).toMatchObject({ locks: [] });
  });

  it("is its owner's at any door, by its lease", () => {
    const cell = holding({ ttlMs: 1_000 });
    expect(told(cell.client("alice", { kind: "renew", ...LEASE, ttlMs: 9_000 }))).toBe("renewed, silent");
    expect(told(cell.client("bob", { kind: "renew", ...LEASE, ttlMs: 9_000 }))).toBe(`${notFound}, none`);
    expect(told(cell.client("alice", { kind: "setMetadata", ...LEASE, metadata: "m" }))).toBe("metadataSet, visible");
    expect(told(cell.client("alice", { kind: "release", ...LEASE }))).toBe("released, visible");
    expect(cell.ground.sessions.get("s")).toMatchObject({ locks: [] });
  });

  it("is no other session's, also of its owner", () => {
    const cell = holding();
    cell.client("alice", { kind: "openSession" }, { session: newSession("s2") });
    const asked = { session: cell.attached("s2") };
    expect(told(cell.client("alice", { kind: "release", ...LEASE }, asked))).toBe(`${notFound}, none`);
    expect(told(cell.client("alice", { kind: "release", ...LEASE, leaseId: "none" }, asked))).toBe(
      "refused lease_not_current 400, none",
    );
  });
});

describe("a lock delay", () => {
  const delay = { lockDelayMs: 5_000 };
  const ends: Record<string, (cell: Cell) => unknown> = {
    release: (cell) => cell.client("alice", { kind: "release", ...LEASE }, { session: cell.attached("s") }),
    close: (cell) => cell.client("alice", { kind: "closeSession" }, { session: cell.attached("s") }),
    loss: (cell) => cell.own({ kind: "endSession", sessionId: "s", attachment: 3 }),
  };
  it.each([
    ["release", false, "acquired"],
    ["release", true, "delayed"],
    ["close", false, "acquired"],
    ["close", true, "delayed"],
    ["loss", false, "delayed"],
    ["loss", true, "delayed"],
  ] as const)("after %s, delay on release %s: the next is %s", (end, delayOnRelease, status) => {
    const cell = holding({ ...delay, delayOnRelease });
    (ends[end] as (cell: Cell) => unknown)(cell);
    expect(cell.client("bob", acquireOf()).answer.status).toBe(status);
  });

  it("is told before anything of the session (S14)", () => {
    const cell = holding(delay);
    cell.own({ kind: "endSession", sessionId: "s", attachment: 3 });
    const answer = { status: "delayed", retryAfterMs: 5_000 };
    expect(cell.client("alice", ephemeralOf(), { session: { sessionId: "s", attachment: 3 } }).answer).toMatchObject(
      answer,
    );
  });
});

describe("a label", () => {
  it("counts for its session, and the lock outlives it (S18)", () => {
    const cell = new Cell("alice");
    const session: Session = { sessionId: "s", attachment: null };
    expect(cell.client("alice", acquireOf(), { session }).answer).toMatchObject({ code: "not_found" });
    cell.client("alice", { kind: "openSession" }, { session: newSession("s") });
    cell.client("alice", acquireOf(), { session });
    cell.client("alice", ephemeralOf({ name: "e" }), { session });
    expect(entryOf(cell.ground, sessionKey("s"))?.value).toMatchObject({ lockCount: 2, locks: [{ name: "e" }] });
    const { touched } = cell.client("alice", { kind: "closeSession" }, { session });
    expect(touched.map(({ key }) => key)).toEqual([sessionKey("s"), lockKey("e")]);
    expect(cell.ground.locks.get(NAME)).toMatchObject({ sessionId: "s", ephemeral: false });
    expect(told(cell.client("alice", { kind: "release", name: NAME, leaseId: "lease-3" }))).toBe("released, visible");
  });

  it("is gone with its lock", () => {
    const cell = new Cell("alice");
    cell.client("alice", { kind: "openSession" }, { session: newSession("s") });
    cell.client("alice", acquireOf(), { session: { sessionId: "s", attachment: null } });
    cell.client("alice", { kind: "release", name: NAME, leaseId: "lease-3" });
    expect(entryOf(cell.ground, sessionKey("s"))?.value).toMatchObject({ lockCount: 0 });
  });
});

describe("a resume", () => {
  it("by the secret gives a new attachment, what is held and awaited, and needs nobody's consent", () => {
    const cell = holding();
    cell.client("bob", acquireOf({ name: "bobs" }));
    cell.client("alice", ephemeralOf({ name: "bobs", wait: true }), { session: cell.attached("s"), operationId: "w" });
    const { answer, attached, touched, writes } = resume(cell, "secret of s");
    expect(answer).toEqual({
      status: "sessionResumed",
      leaseMs: 12_000,
      locks: [{ name: NAME, leaseId: "lease-3", fencingToken: 1 }],
      waits: [{ name: "bobs", operationId: "w" }],
    });
    expect({ attached, touched, writes }).toEqual({
      attached: { sessionId: "s", attachment: 6 },
      touched: [],
      writes: true,
    });
  });

  it.each([
    ["owner's token, from elsewhere", null, false, [{ key: sessionKey("s"), event: null, visible: true }]],
    ["owner's token, by the holder itself", null, true, []],
  ] as const)("by the %s", (_, secretHash, boundToSender, touched) => {
    const outcome = resume(holding(), secretHash, { boundToSender });
    expect(outcome).toMatchObject({ answer: { status: "sessionResumed" }, attached: { attachment: 4 } });
    expect(outcome.touched).toEqual(touched);
  });

  it("is refused with a wrong secret, where there is none, and to others", () => {
    expect(told(resume(holding(), "wrong"))).toBe("refused forbidden 403, none");
    const cell = holding();
    cell.own({ kind: "endSession", sessionId: "s", attachment: 3 });
    expect(told(resume(cell, "secret of s"))).toBe(`${expired}, none`);
    expect(told(resume(cell, null))).toBe(`${notFound}, none`);
    const session = { sessionId: "s", attachment: null };
    const foreign = holding().client("bob", { kind: "resumeSession", secretHash: "secret of s" }, { session });
    expect(told(foreign)).toBe(`${notFound}, none`);
  });

  it("leaves the older attachment without any power", () => {
    const cell = holding();
    const old = cell.attached("s");
    resume(cell, "secret of s");
    expect(told(cell.client("alice", { kind: "release", ...LEASE }, { session: old }))).toBe(`${expired}, none`);
    expect(told(cell.client("alice", { kind: "closeSession" }, { session: old }))).toBe(`${expired}, none`);
    expect(cell.own({ kind: "endSession", sessionId: "s", attachment: 3 })).toMatchObject({
      writes: false,
      touched: [],
    });
    expect(cell.ground.locks.get(NAME)).toMatchObject({ sessionId: "s" });
  });
});

describe("an end", () => {
  /** `s` holds two locks, one of which bob waits for, and waits for a third. */
  function busy(): Cell {
    const cell = holding();
    cell.client("alice", ephemeralOf({ name: "second" }), { session: cell.attached("s") });
    cell.client("bob", ephemeralOf({ name: "third" }), { session: newSession("b") });
    cell.client("bob", ephemeralOf({ wait: true }), { session: cell.attached("b"), operationId: "bob waits" });
    const third = ephemeralOf({ name: "third", wait: true });
    cell.client("alice", third, { session: cell.attached("s"), operationId: "s waits" });
    return cell;
  }
  const all = [NAME, "second", "third"].map(lockKey);

  it("frees all locks and places at once, and the next have them", () => {
    const cell = busy();
    const command = { kind: "endSession", sessionId: "s", attachment: 3 } as const;
    expect(keysOf(cell.ground, { command })).toEqual([sessionKey("s"), ...all]);
    const outcome = cell.own(command);
    expect(outcome).toMatchObject({
      touched: [
        { key: lockKey(NAME), event: "acquired", visible: true },
        { key: lockKey("second"), event: "expired", visible: true },
      ],
      grants: [{ sessionId: "b", operationId: "bob waits", name: NAME }],
      ended: "s",
    });
    expect(cell.ground.sessions.get("s")).toBeUndefined();
    expect(cell.ground.waiters.size).toBe(0);
    expect(cell.ground.lockCounts).toEqual(new Map([["user:bob", 2]]));
  });

  it("by its holder needs no round of its own; at another door the holder is told first", () => {
    const close = { kind: "closeSession" } as const;
    const cell = busy();
    const client = cell.clientPartOf("alice", close, { session: cell.attached("s") });
    expect(keysOf(cell.ground, { command: close, client })).toEqual([sessionKey("s"), ...all]);
    const outcome = cell.client("alice", close, { session: cell.attached("s") });
    expect(outcome).toMatchObject({ answer: { status: "sessionClosed" }, ended: "s" });
    expect(outcome.touched.map(({ key, event }) => [key, event])).toEqual([
      [lockKey(NAME), "acquired"],
      [lockKey("second"), "released"],
    ]);

    const other = busy();
    const session = { sessionId: "s", attachment: null };
    const owner = other.clientPartOf("alice", close, { session });
    expect(keysOf(other.ground, { command: close, client: owner })).toEqual([sessionKey("s"), ...all]);
    const { touched } = other.client("alice", close, { session });
    expect(touched[0]).toEqual({ key: sessionKey("s"), event: null, visible: true });
    expect(told(other.client("alice", close, { session }))).toBe(`${notFound}, none`);
  });

  it("is what an acquire that waited is answered from then on", () => {
    const cell = busy();
    const session = cell.attached("s");
    cell.own({ kind: "endSession", sessionId: "s", attachment: 3 });
    const again = cell.client("alice", ephemeralOf({ name: "third", wait: true }), { session, operationId: "s waits" });
    expect(told(again)).toBe(`${expired}, none`);
  });

  it("is answered alike when it is asked for again under its operation id", () => {
    const cell = busy();
    const session = { sessionId: "s", attachment: null };
    const close = () => cell.client("alice", { kind: "closeSession" }, { session, operationId: "delete" });
    close();
    expect(close()).toMatchObject({ answer: { status: "sessionClosed" }, writes: false });
  });

  it("of one that is not anchored yet stays its end, whatever of it is still under way (S2)", () => {
    const cell = new Cell("alice");
    const session = newSession("s");
    expect(cell.client("alice", { kind: "closeSession" }, { session }).answer).toEqual({ status: "sessionClosed" });
    expect(told(cell.client("alice", ephemeralOf(), { session }))).toBe(`${expired}, none`);
  });

  it("of one that nobody knows changes nothing", () => {
    const outcome = new Cell("alice").own({ kind: "endSession", sessionId: "s", attachment: 3 });
    expect(outcome).toMatchObject({ writes: false, touched: [], grants: [] });
    expect(outcome.ended).toBeUndefined();
  });
});

describe("commands of a session that name none", () => {
  it.each<Command>([{ kind: "openSession" }, { kind: "closeSession" }, { kind: "resumeSession", secretHash: null }])(
    "$kind is refused",
    (command) => {
      expect(new Cell("alice").client("alice", command).answer).toMatchObject({ code: "invalid_input" });
    },
  );
});

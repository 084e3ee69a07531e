import { describe, expect, it } from "vitest";
import type { Command } from "../../shared/protocol/commands.js";
import { lockKey } from "../../shared/protocol/keys.js";
import { Cell, ephemeralOf, NAME, newSession, type Session, told } from "./cell.fixture.js";
import { entryOf } from "./entries.js";

type User = "alice" | "bob" | "carol";
const SESSION = { alice: "a", bob: "b", carol: "c" } as const;

const sessionOf = (cell: Cell, user: User): Session =>
  cell.ground.sessions.get(SESSION[user]) === undefined ? newSession(SESSION[user]) : cell.attached(SESSION[user]);

const ask = (cell: Cell, user: User, command: Command, operationId = `${user}'s`) =>
  cell.client(user, command, { session: sessionOf(cell, user), operationId });

const take = (cell: Cell, user: User, some: Parameters<typeof ephemeralOf>[0] = {}) =>
  ask(cell, user, ephemeralOf(some), `${user} takes`);
const wait = (cell: Cell, user: User, operationId = `${user} waits`) =>
  ask(cell, user, ephemeralOf({ wait: true, metadata: user }), operationId);
/** Alice's lease, where she was the first to take the lock. */
const letGo = (cell: Cell, user: User) =>
  ask(cell, user, { kind: "release", name: NAME, leaseId: "lease-4" }, `${user} releases`);
const cancel = (cell: Cell, user: User, waitOperationId = `${user} waits`) =>
  ask(cell, user, { kind: "cancelWait", name: NAME, waitOperationId }, `${user} cancels`);
const holder = (cell: Cell) => cell.ground.locks.get(NAME)?.sessionId;

type Before = "free" | "held by alice" | "bob waits for alice" | "cooling" | "bob waits while it cools";
const prepare: Record<Before, (cell: Cell) => void> = {
  free: () => {},
  "held by alice": (cell) => void take(cell, "alice"),
  "bob waits for alice": (cell) => {
    take(cell, "alice");
    wait(cell, "bob");
  },
  cooling: (cell) => {
    take(cell, "alice", { lockDelayMs: 10_000, delayOnRelease: true });
    letGo(cell, "alice");
  },
  "bob waits while it cools": (cell) => {
    take(cell, "alice", { lockDelayMs: 10_000, delayOnRelease: true });
    wait(cell, "bob");
    letGo(cell, "alice");
  },
};

type Step =
  | "carol takes"
  | "carol waits"
  | "bob waits again"
  | "bob waits by another acquire"
  | "bob takes"
  | "bob cancels"
  | "alice lets go"
  | "alice waits"
  | "expire";
const steps: Record<Step, (cell: Cell) => ReturnType<Cell["own"]>> = {
  "carol takes": (cell) => take(cell, "carol"),
  "carol waits": (cell) => wait(cell, "carol"),
  "bob waits again": (cell) => wait(cell, "bob"),
  "bob waits by another acquire": (cell) => wait(cell, "bob", "another"),
  "bob takes": (cell) => take(cell, "bob"),
  "bob cancels": (cell) => cancel(cell, "bob"),
  "alice lets go": (cell) => letGo(cell, "alice"),
  "alice waits": (cell) => wait(cell, "alice"),
  expire: (cell) => cell.own({ kind: "expire", name: NAME }),
};

const vacant = "refused lease_not_current 404, none";
/** Answer and what readers see, as for locks; then who holds the lock, and who waits. */
const truth: Record<Before, Record<Step, string>> = {
  free: {
    "carol takes": "acquired, visible; c",
    "carol waits": "acquired, visible; c",
    "bob waits again": "acquired, visible; b",
    "bob waits by another acquire": "acquired, visible; b",
    "bob takes": "acquired, visible; b",
    "bob cancels": "cancelled, none; ",
    "alice lets go": `${vacant}; `,
    "alice waits": "acquired, visible; a",
    expire: "done, none; ",
  },
  "held by alice": {
    "carol takes": "held, none; a",
    "carol waits": "waiting, none; a < c",
    "bob waits again": "waiting, none; a < b",
    "bob waits by another acquire": "waiting, none; a < b",
    "bob takes": "held, none; a",
    "bob cancels": "cancelled, none; a",
    "alice lets go": "released, visible; ",
    "alice waits": "acquired, none; a",
    expire: "done, none; a",
  },
  "bob waits for alice": {
    "carol takes": "held, none; a < b",
    "carol waits": "waiting, none; a < b < c",
    "bob waits again": "waiting, none; a < b",
    "bob waits by another acquire": "refused conflict 409, none; a < b",
    "bob takes": "held, none; a < b",
    "bob cancels": "cancelled, none; a",
    "alice lets go": "released, visible; b",
    "alice waits": "acquired, none; a < b",
    expire: "done, none; a < b",
  },
  cooling: {
    "carol takes": "delayed, none; ",
    "carol waits": "waiting, none;  < c",
    "bob waits again": "waiting, none;  < b",
    "bob waits by another acquire": "waiting, none;  < b",
    "bob takes": "delayed, none; ",
    "bob cancels": "cancelled, none; ",
    "alice lets go": "released, none; ",
    "alice waits": "waiting, none;  < a",
    expire: "done, none; ",
  },
  "bob waits while it cools": {
    "carol takes": "delayed, none;  < b",
    "carol waits": "waiting, none;  < b < c",
    "bob waits again": "waiting, none;  < b",
    "bob waits by another acquire": "refused conflict 409, none;  < b",
    "bob takes": "delayed, none;  < b",
    "bob cancels": "cancelled, none; ",
    "alice lets go": "released, none;  < b",
    "alice waits": "waiting, none;  < b < a",
    expire: "done, none;  < b",
  },
};

describe("every command meets every state of a queue", () => {
  for (const before of Object.keys(truth) as Before[]) {
    for (const step of Object.keys(truth[before]) as Step[]) {
      it(`${before}: ${step}`, () => {
        const cell = new Cell("alice", "bob", "carol");
        prepare[before](cell);
        const outcome = steps[step](cell);
        const queue = (cell.ground.waiters.get(NAME) ?? []).map(({ sessionId }) => ` < ${sessionId}`).join("");
        expect(`${told(outcome)}; ${holder(cell) ?? ""}${queue}`).toBe(truth[before][step]);
      });
    }
  }
});

/** Alice holds the lock; bob and carol wait for it, in this order. */
function queued(some: Parameters<typeof ephemeralOf>[0] = {}): Cell {
  const cell = new Cell("alice", "bob", "carol");
  take(cell, "alice", some);
  wait(cell, "bob");
  wait(cell, "carol");
  return cell;
}

describe("a grant", () => {
  it("comes in the commit that frees the lock, is one change, and becomes the acquire's answer", () => {
    const cell = queued();
    const { touched, grants } = letGo(cell, "alice");
    expect(touched).toEqual([{ key: lockKey(NAME), event: "acquired", visible: true }]);
    const answer = {
      status: "acquired",
      leaseId: "lease-5",
      fencingToken: 2,
      expiresAtWallMs: null,
      renewAfterMs: null,
      metadata: "bob",
    };
    expect(grants).toEqual([{ sessionId: "b", operationId: "bob waits", name: NAME, answer }]);
    expect(wait(cell, "bob")).toMatchObject({ answer, writes: false });
    expect(cell.ground.sessions.get("b")).toMatchObject({ locks: [NAME], waits: [] });
    expect(entryOf(cell.ground, lockKey(NAME))).toMatchObject({ revision: cell.revision, value: { metadata: "bob" } });
  });

  it("is remembered for 15 minutes from the grant, not from the wait", () => {
    const cell = queued();
    cell.nowMs = 800_000;
    letGo(cell, "alice");
    cell.nowMs = 1_600_000;
    cell.ground.operations.forgetBefore(cell.nowMs);
    expect(wait(cell, "bob")).toMatchObject({ answer: { status: "acquired" }, writes: false });
  });

  it("comes when the delay is over that the loss of the holder began, and not before", () => {
    const cell = queued({ ttlMs: 1_000, lockDelayMs: 5_000 });
    cell.nowMs = 1_000;
    expect(cell.own({ kind: "expire", name: NAME })).toMatchObject({ grants: [], touched: [{ event: "expired" }] });
    cell.nowMs = 5_999;
    expect(cell.own({ kind: "expire", name: NAME })).toMatchObject({ grants: [], writes: false });
    cell.nowMs = 6_000;
    expect(cell.own({ kind: "expire", name: NAME })).toMatchObject({
      grants: [{ sessionId: "b" }],
      touched: [{ event: "acquired", visible: true }],
    });
  });

  it("is not overtaken when the delay is over but its end was not told yet", () => {
    const cell = queued({ ttlMs: 1_000, lockDelayMs: 5_000 });
    cell.nowMs = 1_000;
    cell.own({ kind: "expire", name: NAME });
    cell.nowMs = 6_000;
    cancel(cell, "carol");
    expect(take(cell, "carol")).toMatchObject({ answer: { status: "delayed", retryAfterMs: 0 } });
  });

  it("passes over one whose token was revoked meanwhile", () => {
    const cell = queued();
    cell.revoke("bob");
    expect(letGo(cell, "alice").grants).toMatchObject([{ sessionId: "c", answer: { fencingToken: 2 } }]);
    expect(cell.ground.sessions.get("b")).toMatchObject({ locks: [], waits: [] });
    expect(cell.ground.lockCounts.get("user:bob")).toBeUndefined();
    cell.know("bob");
    expect(wait(cell, "bob").answer).toMatchObject({ status: "refused", code: "authentication_failed" });
  });

  it("passes over one whose token stands for somebody else now", () => {
    const cell = queued();
    const [bobs] = cell.ground.waiters.get(NAME) ?? [];
    cell.own({ kind: "setToken", hash: bobs?.tokenHash as string, principal: "user:mallory" });
    expect(letGo(cell, "alice").grants).toMatchObject([{ sessionId: "c" }]);
  });

  it("goes to nobody where all have lost their tokens, and the lock is free", () => {
    const cell = queued();
    cell.revoke("bob");
    cell.revoke("carol");
    expect(letGo(cell, "alice")).toMatchObject({ grants: [], touched: [{ event: "released" }] });
    expect(cell.ground.waiters.size).toBe(0);
  });

  it("comes when a TTL ends, too, which keeps its own TTL", () => {
    const cell = new Cell("alice", "bob");
    take(cell, "alice", { ttlMs: 1_000 });
    ask(cell, "bob", ephemeralOf({ wait: true, ttlMs: 2_000 }), "bob waits");
    cell.nowMs = 1_500;
    expect(cell.own({ kind: "expire", name: NAME }).grants).toMatchObject([{ answer: { renewAfterMs: 1_000 } }]);
    expect(cell.ground.locks.get(NAME)?.expiresAtMs).toBe(3_500);
  });
});

describe("a place", () => {
  it("counts as a lock does, so that a grant never fails for the limit", () => {
    const cell = new Cell("alice", "bob");
    take(cell, "alice");
    const waits = (name: string) =>
      cell.client("bob", ephemeralOf({ name, wait: true }), {
        session: sessionOf(cell, "bob"),
        operationId: name,
        locksPerPrincipal: 2,
      }).answer;
    expect(waits(NAME)).toMatchObject({ status: "waiting" });
    expect(waits("other")).toMatchObject({ status: "acquired" });
    expect(waits("third")).toMatchObject({ code: "lock_limit_exceeded" });
    cell.ground.operations.clear();
    expect(waits(NAME)).toMatchObject({ status: "waiting" });
    letGo(cell, "alice");
    expect(cell.ground.lockCounts.get("user:bob")).toBe(2);
  });

  it("outlives the 15 minutes for which answers are kept", () => {
    const cell = queued();
    cell.nowMs = 1_000_000;
    cell.ground.operations.forgetBefore(cell.nowMs);
    expect(wait(cell, "bob").answer).toEqual({ status: "waiting" });
    const stale = { session: { sessionId: "b", attachment: 1 }, operationId: "bob waits" };
    const sentAgain = ephemeralOf({ wait: true, metadata: "bob" });
    expect(cell.client("bob", sentAgain, stale).answer).toEqual({ status: "waiting" });
    expect(cell.ground.waiters.get(NAME)?.map(({ sessionId }) => sessionId)).toEqual(["b", "c"]);
  });

  it("that was cancelled is not taken again by the same acquire", () => {
    const cell = queued();
    expect(cancel(cell, "bob").answer).toEqual({ status: "cancelled" });
    expect(wait(cell, "bob").answer).toMatchObject({ status: "refused", code: "conflict" });
    expect(letGo(cell, "alice").grants).toMatchObject([{ sessionId: "c" }]);
  });

  it("is not given up by who means another one", () => {
    const cell = queued();
    expect(cancel(cell, "bob", "another").answer).toEqual({ status: "cancelled" });
    expect(letGo(cell, "alice").grants).toMatchObject([{ sessionId: "b" }]);
  });

  it("is not touched by another session of the user that means it, also when its first answer was forgotten", () => {
    const cell = queued();
    cell.nowMs = 1_000_000;
    cell.ground.operations.forgetBefore(cell.nowMs);
    const cancelled = { kind: "cancelWait", name: NAME, waitOperationId: "bob waits" } as const;
    cell.client("bob", cancelled, { session: newSession("b2"), operationId: "b2 cancels" });
    expect(wait(cell, "bob").answer).toEqual({ status: "waiting" });
    expect(letGo(cell, "alice").grants).toMatchObject([{ sessionId: "b" }]);
    expect(wait(cell, "bob").answer).toMatchObject({ status: "acquired" });
  });

  it("that is cancelled before the acquire arrives is never taken", () => {
    const cell = new Cell("alice", "bob");
    take(cell, "alice");
    expect(cancel(cell, "bob").answer).toEqual({ status: "cancelled" });
    expect(cell.ground.sessions.get("b")).toBeUndefined();
    expect(wait(cell, "bob").answer).toMatchObject({ status: "refused", code: "conflict" });
  });

  it("that was granted is not cancelled: the answer is the lock", () => {
    const cell = queued();
    letGo(cell, "alice");
    expect(cancel(cell, "bob").answer).toMatchObject({ status: "acquired", fencingToken: 2, leaseId: "lease-5" });
    expect(holder(cell)).toBe("b");
  });

  it("is another session's, also of the same user", () => {
    const cell = queued();
    const session = newSession("b2");
    const outcome = cell.client("bob", ephemeralOf({ wait: true }), { session, operationId: "b2 waits" });
    expect(outcome.answer).toEqual({ status: "waiting" });
    expect(cell.ground.waiters.get(NAME)?.map(({ sessionId }) => sessionId)).toEqual(["b", "c", "b2"]);
  });
});

describe("an acquire that cannot be meant is refused", () => {
  const session = newSession("a");
  const refusal = (command: Command, asked: object) => new Cell("alice").client("alice", command, asked).answer;
  it("waiting without an operation id", () => {
    expect(refusal(ephemeralOf({ wait: true }), { session })).toMatchObject({ code: "invalid_input" });
  });
  it("ephemeral without a session", () => {
    expect(refusal(ephemeralOf(), {})).toMatchObject({ code: "invalid_input" });
  });
  it("waiting, or without a TTL, and not ephemeral", () => {
    expect(refusal(ephemeralOf({ ephemeral: false }), { session })).toMatchObject({ code: "invalid_input" });
    expect(
      refusal(ephemeralOf({ ephemeral: false, ttlMs: 1, wait: true }), { session, operationId: "o" }),
    ).toMatchObject({ code: "invalid_input" });
  });
});

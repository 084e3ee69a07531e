import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../../shared/protocol/commands.js";
import { lockKey } from "../../shared/protocol/keys.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { apply } from "./apply.js";
import { acquireOf, Cell, newSession, type Session } from "./cell.fixture.js";
import { entryOf } from "./entries.js";
import { Ground } from "./ground.js";
import { keysOf } from "./keys-of.js";
import type { Outcome } from "./outcome.js";
import type { CellCommand, CommandRecord } from "./record.js";
import type { Snapshot } from "./snapshot.js";
import { Fork, operationKey, type State } from "./state.js";

/**
 * Random lives of a cell: three locks, four sessions of two users, one of whom has two tokens. What a step means by
 * "the lease" or "the attachment" it finds when its turn comes, mostly rightly.
 */
const NAMES = ["a", "b", "c"];
const SESSIONS = { s1: "alice", s2: "alice", s3: "bob", s4: "bob" } as const;
const TOKENS = ["alice", "alice/2", "bob"];

const anyName = fc.constantFrom(...NAMES);
const anySession = fc.constantFrom("s1", "s2", "s3", "s4") as fc.Arbitrary<keyof typeof SESSIONS>;
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const anyStep = fc.record({
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant("wait" as const) },
    { weight: 3, arbitrary: fc.constant("release" as const) },
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        ...(["acquire", "plain", "renew", "metadata", "cancel", "resume", "move", "close", "end"] as const),
      ),
    },
    { weight: 3, arbitrary: fc.constantFrom(...(["expire", "again", "revoke", "know"] as const)) },
  ),
  name: anyName,
  session: anySession,
  standing: mostly(
    "newest" as "newest" | "anchor" | "owner" | "older" | "foreign",
    "anchor",
    "owner",
    "older",
    "foreign",
  ),
  lease: mostly("current" as "current" | "wrong", "wrong"),
  ttlMs: fc.constantFrom(null, 1_000, 3_000),
  lockDelayMs: fc.constantFrom(0, 0, 2_000),
  delayOnRelease: fc.boolean(),
  token: fc.constantFrom(...TOKENS),
  passesMs: fc.constantFrom(0, 10, 1_000, 2_000, 600_000),
  which: fc.nat(),
});
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;
const anyLife = fc.array(anyStep, { maxLength: 60, size: "max" });
/** A law that is broken is shrunk for so long. */
const RUNS = { numRuns: 200, interruptAfterTimeLimit: 20_000 };

/** What a step sends, in the state that it finds. */
class Life {
  readonly cell: Cell;
  readonly #sent: CommandRecord[] = [];
  #operations = 0;

  constructor(cell = new Cell(...TOKENS)) {
    this.cell = cell;
  }

  /** The record of the step; undefined where there is nothing to send. */
  next(step: Step): CommandRecord {
    const { cell } = this;
    cell.nowMs += step.passesMs;
    if (step.kind === "again" && this.#sent.length > 0) {
      const before = this.#sent[step.which % this.#sent.length] as CommandRecord;
      return { ...before, ...cell.recordOf({ kind: "close" }), command: before.command };
    }
    const own = this.#own(step);
    if (own !== undefined) return cell.recordOf(own);
    const command = this.#command(step);
    const asked = {
      operationId: `op-${++this.#operations}`,
      session: step.kind === "plain" ? undefined : this.#session(step),
      locksPerPrincipal: 4,
    };
    const owner = SESSIONS[step.session];
    const token = step.standing === "foreign" ? step.token : step.token.startsWith(owner) ? step.token : owner;
    const record = cell.recordOf(command, cell.clientPartOf(token, command, asked));
    this.#sent.push(record);
    return record;
  }

  #own({ kind, name, session, standing, token }: Step): CellCommand | undefined {
    const { attachment } = this.cell.attached(session);
    if (kind === "expire" || kind === "again") return { kind: "expire", name };
    if (kind === "revoke") return { kind: "revokeToken", hash: tokenHash(token) };
    if (kind === "know") return { kind: "setToken", hash: tokenHash(token), principal: `user:${token.split("/")[0]}` };
    if (kind !== "end") return undefined;
    return { kind: "endSession", sessionId: session, attachment: (attachment ?? 0) - (standing === "older" ? 1 : 0) };
  }

  #command({ kind, name, session, lease, ttlMs, lockDelayMs, delayOnRelease, which }: Step): Command {
    const leaseId = (lease === "current" && this.cell.ground.locks.get(name)?.leaseId) || "none";
    const asked = { name, lockDelayMs, delayOnRelease };
    const waits = this.cell.ground.sessions.get(session)?.waits ?? [];
    switch (kind) {
      case "wait":
        return acquireOf({ ...asked, ttlMs, ephemeral: true, wait: true });
      case "acquire":
        return acquireOf({ ...asked, ttlMs, ephemeral: which % 3 > 0, ...(which % 3 === 0 && { ttlMs: 2_000 }) });
      case "renew":
        return { kind: "renew", name, leaseId, ttlMs: ttlMs ?? 500 };
      case "release":
        return { kind: "release", name, leaseId };
      case "metadata":
        return { kind: "setMetadata", name, leaseId, metadata: `${which}` };
      case "cancel": {
        const wait = waits[which % Math.max(1, waits.length)];
        return {
          kind: "cancelWait",
          name: wait?.name ?? name,
          waitOperationId: wait?.operationId ?? `op-${which % 60}`,
        };
      }
      case "resume":
        return { kind: "resumeSession", secretHash: `secret of ${session}` };
      case "move":
        return { kind: "resumeSession", secretHash: null };
      case "close":
        return { kind: "closeSession" };
      default:
        return acquireOf({ ...asked, ttlMs: 2_000 });
    }
  }

  #session({ kind, session, standing }: Step): Session {
    const known = this.cell.ground.sessions.get(session);
    if (standing === "owner" || kind === "move" || kind === "resume") return { sessionId: session, attachment: null };
    if (standing === "anchor" || known === undefined) return newSession(session);
    return { sessionId: session, attachment: known.attachment - (standing === "older" ? 1 : 0) };
  }
}

interface Seen {
  readonly before: Ground;
  readonly record: CommandRecord;
  readonly outcome: Outcome;
  readonly ground: Ground;
}

const copyOf = (ground: Ground): Ground => Ground.fromSnapshot(structuredClone(ground.toSnapshot()));

function live(life: Life, steps: readonly Step[], onStep: (seen: Seen) => void = () => {}): void {
  for (const step of steps) {
    const record = life.next(step);
    const before = copyOf(life.cell.ground);
    const outcome = life.cell.apply(record);
    onStep({ before, record, outcome, ground: life.cell.ground });
  }
}

const always = (law: (seen: Seen) => void) => (steps: Step[]) => live(new Life(), steps, law);

describe("laws of sessions and queues", () => {
  it("the tables agree: locks, sessions, places, counts", () => {
    fc.assert(
      fc.property(
        anyLife,
        always(({ ground }) => expectConsistent(ground)),
      ),
      RUNS,
    );
  });

  it("P1 Mutual exclusion: a lock changes hands only where its holder let go, timed out or ended", () => {
    const law = ({ before, record, ground }: Seen): void => {
      for (const [name, lock] of before.locks) {
        if (ground.locks.get(name)?.leaseId === lock.leaseId) continue;
        const { command } = record;
        const isNamed = "name" in command && command.name === name;
        if (command.kind === "release") expect(isNamed && command.leaseId === lock.leaseId).toBe(true);
        else if (command.kind === "expire")
          expect(isNamed && (lock.expiresAtMs ?? Infinity) <= record.timeMs).toBe(true);
        else expect(endedBy(record)).toBe(lock.ephemeral ? lock.sessionId : "nobody's");
      }
    };
    fc.assert(fc.property(anyLife, always(law)), RUNS);
  });

  it("P2 Fencing: whoever has a lock anew has a larger token than all before", () => {
    const law = ({ before, ground }: Seen): void => {
      for (const [name, lock] of ground.locks) {
        if (before.locks.get(name)?.leaseId === lock.leaseId) continue;
        expect(lock.fencingToken).toBeGreaterThan(before.counters.lastFencingToken);
      }
    };
    fc.assert(fc.property(anyLife, always(law)), RUNS);
  });

  it("S7: grants are first come, first served, but for those whose token is worthless", () => {
    const law = ({ before, record, outcome, ground }: Seen): void => {
      for (const { name, sessionId, operationId, answer } of outcome.grants) {
        const ended = endedBy(record);
        const queue = (before.waiters.get(name) ?? []).filter((waiter) => waiter.sessionId !== ended);
        const good = queue.filter(({ tokenHash: hash, principal }) => before.tokens.get(hash)?.principal === principal);
        expect({ sessionId, operationId }).toEqual({
          sessionId: good[0]?.sessionId,
          operationId: good[0]?.operationId,
        });
        expect(ground.locks.get(name)).toMatchObject({ sessionId, leaseId: answer.leaseId, ephemeral: true });
        const lock = before.locks.get(name);
        const isLost = record.command.kind === "expire" || record.command.kind === "endSession";
        const isDelayed = lock !== undefined && lock.lockDelayMs > 0 && (isLost || lock.delayOnRelease);
        expect(isDelayed || (before.coolings.get(name)?.untilMs ?? 0) > record.timeMs).toBe(false);
        const waiting = queue.slice(queue.indexOf(good[0] as never) + 1);
        expect(ground.waiters.get(name) ?? []).toEqual(waiting);
      }
    };
    fc.assert(fc.property(anyLife, always(law)), RUNS);
  });

  it("S7: nobody waits for a lock that could be had, and a place is lost only for a reason", () => {
    const law = ({ before, record, outcome, ground }: Seen): void => {
      for (const name of ground.waiters.keys()) {
        expect(ground.locks.get(name) ?? ground.coolings.get(name)).toBeDefined();
      }
      for (const [name, queue] of before.waiters) {
        const left = (ground.waiters.get(name) ?? []).map(({ operationId }) => operationId);
        for (const { operationId, sessionId, tokenHash: hash } of queue) {
          if (left.includes(operationId)) continue;
          const isGranted = outcome.grants.some((grant) => grant.operationId === operationId);
          const isCancelled = record.command.kind === "cancelWait" && record.command.waitOperationId === operationId;
          const isWorthless = before.tokens.get(hash) === undefined;
          expect(isGranted || isCancelled || isWorthless || endedBy(record) === sessionId).toBe(true);
        }
      }
    };
    fc.assert(fc.property(anyLife, always(law)), RUNS);
  });

  it("R3: a command names every key that readers see it change, and tells of each", () => {
    const law = ({ before, record, outcome, ground }: Seen): void => {
      const touched = new Map(outcome.touched.map((one) => [one.key, one]));
      expect(touched.size).toBe(outcome.touched.length);
      const named = keysOf(before, record);
      expect(named).toEqual(expect.arrayContaining([...touched.keys()]));
      for (const name of NAMES) {
        const [was, is] = [before, ground].map((one) => {
          const value = entryOf(one, lockKey(name))?.value;
          return value?.kind === "lock" ? value : undefined;
        });
        const isPushedOn = (was?.expiresAtWallMs ?? Infinity) <= (is?.expiresAtWallMs ?? Infinity);
        const { expiresAtWallMs: _was, ...before_ } = was ?? { expiresAtWallMs: null };
        const { expiresAtWallMs: _is, ...after } = is ?? { expiresAtWallMs: null };
        if (JSON.stringify(before_) === JSON.stringify(after) && isPushedOn) continue;
        expect(touched.get(lockKey(name))).toMatchObject({ visible: true });
        if (is !== undefined) expect(entryOf(ground, lockKey(name))?.revision).toBe(ground.counters.revision);
      }
    };
    fc.assert(fc.property(anyLife, always(law)), RUNS);
  });

  it("S1: only the newest attachment has power, and a new one is larger than all before", () => {
    const law = ({ before, record, outcome, ground }: Seen): void => {
      const { attached } = outcome;
      if (attached !== undefined) {
        const known = before.sessions.get(attached.sessionId)?.attachment;
        if (known !== attached.attachment) expect(attached.attachment).toBe(before.counters.revision + 1);
        expect(ground.sessions.get(attached.sessionId)?.attachment).toBe(attached.attachment);
      }
      const ref = record.client?.session;
      if (ref?.attachment == null || before.sessions.get(ref.sessionId)?.attachment === ref.attachment) return;
      expect(outcome.touched).toEqual([]);
      expect(ground.locks).toEqual(before.locks);
      expect(ground.sessions).toEqual(before.sessions);
    };
    fc.assert(fc.property(anyLife, always(law)), RUNS);
  });

  it("P5 Exactly once: what is sent again changes nothing, and is answered as it was, or granted", () => {
    const law = ({ before, record, outcome, ground }: Seen): void => {
      const { client } = record;
      if (client?.operation === undefined) return;
      const principal = before.tokens.get(client.tokenHash)?.principal;
      if (principal === undefined) return;
      const twin = copyOf(ground);
      const again = apply(twin, record, ground.counters.revision + 1);
      expect(again).toMatchObject({ answer: outcome.answer, writes: false, touched: [], grants: [] });
      expect(twin.toSnapshot()).toEqual(ground.toSnapshot());
    };
    fc.assert(fc.property(anyLife, always(law)), RUNS);
  });

  it("the journal replays to the state that lived, whenever old answers were forgotten", () => {
    const law = (steps: Step[], forgetEvery: number): void => {
      const life = new Life();
      let count = 0;
      live(life, steps, ({ ground }) => {
        if (++count % forgetEvery === 0) ground.operations.forgetBefore(life.cell.nowMs);
      });
      const replayed = new Ground();
      for (const [index, record] of life.cell.journaled.entries()) {
        apply(replayed, JSON.parse(JSON.stringify(record)) as CommandRecord, index + 1);
      }
      for (const ground of [replayed, life.cell.ground]) ground.operations.forgetBefore(life.cell.nowMs);
      expect(replayed.toSnapshot()).toEqual(life.cell.ground.toSnapshot());
      expect(replayed.lockCounts).toEqual(life.cell.ground.lockCounts);
    };
    fc.assert(fc.property(anyLife, fc.constantFrom(1, 7, 1_000), law), RUNS);
  });

  it("a snapshot is the whole state: a life goes on from it alike, also on a fork that is merged", () => {
    const law = (first: Step[], second: Step[]): void => {
      const lives = [new Life(), new Life(), new Life()] as const;
      for (const life of lives) live(life, first);
      const [plain, restored, forked] = lives;
      const text = JSON.stringify(restored.cell.ground.toSnapshot());
      restored.cell.ground = Ground.fromSnapshot(JSON.parse(text) as Snapshot);
      const answers = lives.map(() => [] as unknown[]);
      live(plain, second, ({ outcome }) => answers[0]?.push(outcome));
      live(restored, second, ({ outcome }) => answers[1]?.push(outcome));
      for (const step of second) {
        const record = forked.next(step);
        const outer = new Fork(forked.cell.ground);
        const inner = new Fork(outer);
        answers[2]?.push(applyTo(inner, forked.cell, record));
        inner.merge();
        outer.merge();
      }
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[2]).toEqual(answers[0]);
      for (const { cell } of [restored, forked]) {
        expect(sorted(cell.ground)).toEqual(sorted(plain.cell.ground));
        expect(cell.ground.lockCounts).toEqual(plain.cell.ground.lockCounts);
      }
    };
    fc.assert(fc.property(anyLife, anyLife, law), { ...RUNS, numRuns: 100 });
  });
});

/** Applies a record to a state on top of the cell's. */
function applyTo(state: State, cell: Cell, record: CommandRecord): Outcome {
  const ground = cell.ground;
  cell.ground = state as Ground;
  const outcome = cell.apply(record);
  cell.ground = ground;
  return outcome;
}

const sorted = (ground: Ground): Record<string, unknown> => {
  const entries = Object.entries(ground.toSnapshot()).map(([table, rows]) => [
    table,
    Array.isArray(rows) ? rows.map((row) => JSON.stringify(row)).sort() : rows,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
};

/** The session that a record ends, if it is applied and not refused. */
function endedBy({ command, client }: CommandRecord): string | undefined {
  if (command.kind === "endSession") return command.sessionId;
  return command.kind === "closeSession" ? client?.session?.sessionId : undefined;
}

function expectConsistent(ground: Ground): void {
  const counts = new Map<string, number>();
  const count = (principal: string) => counts.set(principal, (counts.get(principal) ?? 0) + 1);
  const held = new Map<string, string[]>();
  const labelled = new Map<string, string[]>();
  for (const { name, principal, sessionId, ephemeral } of ground.locks.values()) {
    count(principal);
    expect(ground.coolings.has(name)).toBe(false);
    if (sessionId === null) continue;
    if (ephemeral) expect(ground.sessions.get(sessionId)?.principal).toBe(principal);
    const names = ephemeral ? held : labelled;
    names.set(sessionId, [...(names.get(sessionId) ?? []), name]);
  }
  const awaited = new Map<string, { name: string; operationId: string }[]>();
  for (const [name, queue] of ground.waiters) {
    expect(queue.length).toBeGreaterThan(0);
    for (const { sessionId, principal, operationId } of queue) {
      count(principal);
      expect(ground.locks.get(name)?.sessionId === sessionId && ground.locks.get(name)?.ephemeral).toBe(false);
      awaited.set(sessionId, [...(awaited.get(sessionId) ?? []), { name, operationId }]);
      const operation = ground.operations.get(operationKey(principal, operationId));
      const isForeign = operation?.request === "cancelled"; // noted by another session, and outranked by the place
      if (operation !== undefined && !isForeign) expect(operation.answer).toEqual({ status: "waiting" });
    }
  }
  expect(ground.lockCounts).toEqual(counts);
  const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
  for (const { sessionId, locks, labels, waits } of ground.sessions.values()) {
    expect([...locks].sort()).toEqual((held.get(sessionId) ?? []).sort());
    expect([...waits].sort(byName)).toEqual((awaited.get(sessionId) ?? []).sort(byName));
    expect(labelled.get(sessionId) ?? []).toEqual(expect.arrayContaining([...labels]));
  }
  for (const sessionId of awaited.keys()) expect(ground.sessions.has(sessionId)).toBe(true);
}

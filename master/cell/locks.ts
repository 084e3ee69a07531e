import type { Answer, Command } from "../../shared/protocol/commands.js";
import { lockKey } from "../../shared/protocol/keys.js";
import type { Change } from "../../shared/protocol/link.js";
import { holderIdOf } from "../../shared/protocol/tokens.js";
import { DONE, type Outcome, type Touched } from "./outcome.js";
import type { ClientPart, CommandRecord } from "./record.js";
import { refused } from "./refusal.js";
import type { Lock, State } from "./state.js";

/** A client's command with all that decides it. */
export interface LockCase {
  readonly state: State;
  readonly record: CommandRecord;
  readonly command: Command;
  readonly client: ClientPart;
  readonly principal: string;
  readonly revision: number;
}

type Of<K extends Command["kind"]> = Omit<LockCase, "command"> & {
  readonly command: Extract<Command, { kind: K }>;
};

/** Decides what a client asked of a lock, as OctoStore's page has it (its facts S1 to S14). */
export function decideLockCommand(lockCase: LockCase): Outcome {
  const { command } = lockCase;
  switch (command.kind) {
    case "acquire":
      return acquire({ ...lockCase, command });
    case "renew":
      return renew({ ...lockCase, command });
    case "release":
      return release({ ...lockCase, command });
    case "setMetadata":
      return setMetadata({ ...lockCase, command });
  }
}

function acquire(it: Of<"acquire">): Outcome {
  const { state, record, command, client, principal } = it;
  const cooling = state.coolings.get(command.name);
  if (cooling !== undefined && cooling.untilMs > record.timeMs) {
    const { untilWallMs: availableAtWallMs, lockDelayMs } = cooling;
    return refusal({
      status: "delayed",
      availableAtWallMs,
      lockDelayMs,
      retryAfterMs: Math.ceil(cooling.untilMs - record.timeMs),
    });
  }
  const lock = state.locks.get(command.name);
  if (lock?.principal === principal) return acquireAgain(it, lock);
  if ((state.lockCounts.get(principal) ?? 0) >= client.locksPerPrincipal) {
    return refusal(refused("lock_limit_exceeded", `Lock limit exceeded (max ${client.locksPerPrincipal} per user)`));
  }
  if (lock !== undefined) return refusal(heldAnswer(lock, record));
  return take(it);
}

function take(it: Of<"acquire">): Outcome {
  const { state, record, command, client, principal, revision } = it;
  const fencingToken = state.counters.lastFencingToken + 1;
  state.counters.lastFencingToken = fencingToken;
  const lock: Lock = {
    name: command.name,
    principal,
    leaseId: client.newLeaseId,
    fencingToken,
    expiresAtMs: record.timeMs + command.ttlMs,
    expiresAtWallMs: record.wallMs + command.ttlMs,
    lockDelayMs: command.lockDelayMs,
    metadata: command.metadata,
    revision,
  };
  state.coolings.delete(command.name);
  state.locks.set(lock.name, lock);
  countLocks(state, principal, 1);
  return change(acquiredAnswer(lock, record), command.name, "acquired");
}

/** The holder asks again: the same lease, never shortened (S2). */
function acquireAgain(it: Of<"acquire">, lock: Lock): Outcome {
  const { state, record, command } = it;
  const expiresAtMs = record.timeMs + command.ttlMs;
  if (expiresAtMs <= lock.expiresAtMs) return refusal(acquiredAnswer(lock, record));
  const prolonged = { ...lock, expiresAtMs, expiresAtWallMs: pushedOnWall(lock, record.wallMs + command.ttlMs) };
  state.locks.set(lock.name, prolonged);
  return change(acquiredAnswer(prolonged, record), lock.name, "renewed", false);
}

function renew(it: Of<"renew">): Outcome {
  const { state, record, command, revision } = it;
  const lock = ownLock(it);
  if ("status" in lock) return refusal(lock);
  const expiresAtMs = record.timeMs + command.ttlMs;
  const forward = expiresAtMs >= lock.expiresAtMs;
  const renewed: Lock = {
    ...lock,
    expiresAtMs,
    expiresAtWallMs: forward ? pushedOnWall(lock, record.wallMs + command.ttlMs) : record.wallMs + command.ttlMs,
    revision: forward ? lock.revision : revision,
  };
  state.locks.set(lock.name, renewed);
  const answer: Answer = {
    status: "renewed",
    leaseId: lock.leaseId,
    expiresAtWallMs: renewed.expiresAtWallMs,
    renewAfterMs: halfOfWhatIsLeft(renewed, record),
  };
  return change(answer, lock.name, "renewed", !forward);
}

function release(it: Of<"release">): Outcome {
  const lock = ownLock(it);
  if ("status" in lock) return refusal(lock);
  free(it.state, lock, it.record);
  return change({ status: "released" }, lock.name, "released");
}

function setMetadata(it: Of<"setMetadata">): Outcome {
  const lock = ownLock(it);
  if ("status" in lock) return refusal(lock);
  const { metadata } = it.command;
  it.state.locks.set(lock.name, { ...lock, metadata, revision: it.revision });
  return change({ status: "metadataSet", leaseId: lock.leaseId, metadata }, lock.name, "metadata");
}

/** Frees a lock whose time is over, or ends its lock delay. A lock that was renewed meanwhile stays. */
export function expire(state: State, name: string, record: CommandRecord): Outcome {
  const lock = state.locks.get(name);
  if (lock !== undefined && lock.expiresAtMs <= record.timeMs) {
    free(state, lock, record);
    return change(DONE, name, "expired");
  }
  const cooling = state.coolings.get(name);
  if (cooling !== undefined && cooling.untilMs <= record.timeMs) {
    state.coolings.delete(name);
    return { answer: DONE, touched: [], writes: true };
  }
  return refusal(DONE);
}

/** The lock that a command names by its lease, if it is the caller's; else why not (S5, S6, S8, S9). */
function ownLock(it: Of<"renew" | "release" | "setMetadata">): Lock | Answer {
  const { state, command, principal } = it;
  const lock = state.locks.get(command.name);
  if (lock === undefined) return refused("lease_not_current", "Lease is not current", 404);
  if (lock.leaseId !== command.leaseId || lock.principal !== principal) {
    return refused("lease_not_current", "Invalid lease ID", 400);
  }
  return lock;
}

function free(state: State, lock: Lock, record: CommandRecord): void {
  state.locks.delete(lock.name);
  countLocks(state, lock.principal, -1);
  if (lock.lockDelayMs === 0) return;
  state.coolings.set(lock.name, {
    untilMs: record.timeMs + lock.lockDelayMs,
    untilWallMs: record.wallMs + lock.lockDelayMs,
    lockDelayMs: lock.lockDelayMs,
  });
}

function countLocks(state: State, principal: string, by: 1 | -1): void {
  const count = (state.lockCounts.get(principal) ?? 0) + by;
  if (count === 0) state.lockCounts.delete(principal);
  else state.lockCounts.set(principal, count);
}

/** A wall clock that was set back must not take back what readers were shown as a lower bound (P3). */
const pushedOnWall = (lock: Lock, expiresAtWallMs: number): number => Math.max(lock.expiresAtWallMs, expiresAtWallMs);

const halfOfWhatIsLeft = (lock: Lock, record: CommandRecord): number =>
  Math.floor((lock.expiresAtMs - record.timeMs) / 2);

const acquiredAnswer = (lock: Lock, record: CommandRecord): Answer => ({
  status: "acquired",
  leaseId: lock.leaseId,
  fencingToken: lock.fencingToken,
  expiresAtWallMs: lock.expiresAtWallMs,
  renewAfterMs: halfOfWhatIsLeft(lock, record),
  metadata: lock.metadata,
});

const heldAnswer = (lock: Lock, record: CommandRecord): Answer => ({
  status: "held",
  holderId: holderIdOf(lock.principal),
  expiresAtWallMs: lock.expiresAtWallMs,
  retryAfterMs: Math.max(0, Math.ceil(lock.expiresAtMs - record.timeMs)),
  metadata: lock.metadata,
});

/** An answer that changes nothing. */
const refusal = (answer: Outcome["answer"]): Outcome => ({ answer, touched: [], writes: false });

function change(answer: Outcome["answer"], name: string, event: Change["event"], visible = true): Outcome {
  const touched: Touched = { key: lockKey(name), event, visible };
  return { answer, touched: [touched], writes: true };
}

import type { Answer } from "../../shared/protocol/commands.js";
import { acquiredAnswer, halfOfWhatIsLeft } from "./answers.js";
import type { Of } from "./client-case.js";
import { decide, decided } from "./operations.js";
import { changing, DONE, noted, type Outcome, seen, unchanged } from "./outcome.js";
import type { CommandRecord } from "./record.js";
import { refused } from "./refusal.js";
import type { Lock, State } from "./state.js";
import { free, giveUpPlace, grantNext, placeOf } from "./waiting.js";

/** Sets a lock's expiry to now + TTL. */
export function renew(it: Of<"renew">): Outcome {
  const { state, record, command, revision } = it;
  const lock = ownLock(it);
  if ("status" in lock) return unchanged(lock);
  if (lock.expiresAtMs === null || lock.expiresAtWallMs === null) {
    return unchanged(refused("conflict", "The lock has no TTL to renew; it lives with its session."));
  }
  const expiresAtMs = record.timeMs + command.ttlMs;
  const expiresAtWallMs = record.wallMs + command.ttlMs;
  const forward = expiresAtMs >= lock.expiresAtMs;
  const renewed = {
    ...lock,
    expiresAtMs,
    // A wall clock that was set back must not take back what readers were shown as a lower bound (P3).
    expiresAtWallMs: forward ? Math.max(lock.expiresAtWallMs, expiresAtWallMs) : expiresAtWallMs,
    revision: forward ? lock.revision : revision,
  };
  state.locks.set(lock.name, renewed);
  const answer: Answer = {
    status: "renewed",
    leaseId: lock.leaseId,
    expiresAtWallMs: renewed.expiresAtWallMs,
    renewAfterMs: halfOfWhatIsLeft(expiresAtMs, record),
  };
  return changing(answer, [seen(lock.name, "renewed", !forward)]);
}

export function release(it: Of<"release">): Outcome {
  const lock = ownLock(it);
  if ("status" in lock) return unchanged(lock);
  const { touched, grants } = free(it.state, lock, it.record, it.revision, false);
  return changing({ status: "released" }, touched, grants);
}

export function setMetadata(it: Of<"setMetadata">): Outcome {
  const lock = ownLock(it);
  if ("status" in lock) return unchanged(lock);
  const { metadata } = it.command;
  it.state.locks.set(lock.name, { ...lock, metadata, revision: it.revision });
  const answer: Answer = { status: "metadataSet", leaseId: lock.leaseId, metadata };
  return changing(answer, [seen(lock.name, "metadata")]);
}

/**
 * Gives up a place in a queue. Answered with the lock if the grant came first. An acquire that comes after its own
 * cancelling, by whatever detour, is refused: so its operation id is taken for it.
 */
export function cancelWait({ state, record, command, client, principal }: Of<"cancelWait">): Outcome {
  const { name, waitOperationId } = command;
  if (client.session === undefined) return unchanged(refused("invalid_input", "A place in a queue is a session's."));
  const { sessionId } = client.session;
  const cancelled = refused("conflict", "The acquire was cancelled.");
  const place = placeOf(state, name, sessionId);
  if (place?.operationId === waitOperationId) {
    giveUpPlace(state, name, place, cancelled, record);
    return noted({ status: "cancelled" });
  }
  const lock = state.locks.get(name);
  if (lock?.ephemeral && lock.sessionId === sessionId) return unchanged(acquiredAnswer(lock, record));
  if (decided(state, principal, waitOperationId, record) !== undefined) return unchanged({ status: "cancelled" });
  decide(state, principal, { id: waitOperationId, request: "cancelled" }, cancelled, record);
  return noted({ status: "cancelled" });
}

/**
 * Frees a lock whose time is over, or ends its lock delay; whoever waits for it has it then. A lock that was renewed
 * meanwhile stays.
 */
export function expire(state: State, name: string, record: CommandRecord, revision: number): Outcome {
  const lock = state.locks.get(name);
  if (lock !== undefined && lock.expiresAtMs !== null && lock.expiresAtMs <= record.timeMs) {
    const { touched, grants } = free(state, lock, record, revision, true);
    return changing(DONE, touched, grants);
  }
  const cooling = state.coolings.get(name);
  if (cooling === undefined || cooling.untilMs > record.timeMs) return unchanged(DONE);
  state.coolings.delete(name);
  const { touched, grants } = grantNext(state, name, record, revision);
  return changing(DONE, touched, grants);
}

/** The lock that a command names by its lease, if it is the caller's; else why not (S5, S6, S8, S9). */
function ownLock({ state, command, client, principal }: Of<"renew" | "release" | "setMetadata">): Lock | Answer {
  const lock = state.locks.get(command.name);
  if (lock === undefined) return refused("lease_not_current", "Lease is not current", 404);
  const isTheLease = lock.leaseId === command.leaseId;
  const isSessions = !lock.ephemeral || client.session === undefined || client.session.sessionId === lock.sessionId;
  if (isTheLease && lock.principal === principal && isSessions) return lock;
  if (isTheLease && lock.ephemeral) return refused("not_found", "Session not found");
  return refused("lease_not_current", "Invalid lease ID", 400);
}

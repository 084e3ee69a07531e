import { acquiredAnswer, delayedAnswer, heldAnswer, holderOf } from "./answers.js";
import type { Of } from "./client-case.js";
import { type Claim, hold } from "./holding.js";
import { changing, noted, type Outcome, seen, unchanged } from "./outcome.js";
import { refused } from "./refusal.js";
import { anchored } from "./standing.js";
import type { Lock } from "./state.js";
import { placeOf, queueUp } from "./waiting.js";

type Acquire = Of<"acquire">;

/**
 * Takes a lock, or a place in its queue.
 *
 * Only what gives the session something anchors it, in the same commit: an acquire that is refused, `held` or
 * `delayed` leaves nothing that the master would have to know the session for.
 */
export function acquire(it: Acquire): Outcome {
  const { state, record, command, standing } = it;
  const malformed = whyMalformed(it);
  if (malformed !== undefined) return unchanged(refused("invalid_input", malformed));
  const cooling = coolingOf(it);
  // Before the session is judged, as at OctoStore (S14).
  if (cooling !== undefined && !command.wait) return unchanged(delayedAnswer(cooling, record));
  if (standing.is === "refused") return unchanged(standing.answer);

  const lock = state.locks.get(command.name);
  if (lock !== undefined && holderOf(lock) === holderOf(askerOf(it))) return acquireAgain(it, lock);
  return placedBefore(it) ?? limitReached(it) ?? takeTurn(it, lock, cooling !== undefined);
}

function takeTurn(it: Acquire, lock: Lock | undefined, isCooling: boolean): Outcome {
  const { record, command } = it;
  if (lock === undefined && !isCooling) return take(it);
  if (command.wait) return takePlace(it);
  return unchanged(heldAnswer(lock as Lock, record));
}

function take(it: Acquire): Outcome {
  const { state, record, standing, revision } = it;
  anchored(state, standing, revision);
  const lock = hold(state, claimOf(it), record, revision);
  return changing(acquiredAnswer(lock, record), [seen(lock.name, "acquired")]);
}

/** The holder asks again: the same lease, never shortened (S2). */
function acquireAgain({ state, record, command }: Acquire, lock: Lock): Outcome {
  const { ttlMs } = command;
  const expiresAtMs = ttlMs === null ? null : record.timeMs + ttlMs;
  if (endOf(expiresAtMs) <= endOf(lock.expiresAtMs)) return unchanged(acquiredAnswer(lock, record));
  const expiresAtWallMs = ttlMs === null ? null : Math.max(lock.expiresAtWallMs ?? 0, record.wallMs + ttlMs);
  const prolonged: Lock = { ...lock, expiresAtMs, expiresAtWallMs };
  state.locks.set(lock.name, prolonged);
  return changing(acquiredAnswer(prolonged, record), [seen(lock.name, "renewed", false)]);
}

const endOf = (expiresAtMs: number | null): number => expiresAtMs ?? Number.POSITIVE_INFINITY;

/** A session has one place in each queue. (The acquire that took it is answered before it comes here.) */
function placedBefore({ state, command, client }: Acquire): Outcome | undefined {
  if (!command.wait || client.session === undefined) return undefined;
  if (placeOf(state, command.name, client.session.sessionId) === undefined) return undefined;
  return unchanged(refused("conflict", "The session waits for this lock already, by another acquire."));
}

function limitReached({ state, client, principal }: Acquire): Outcome | undefined {
  if ((state.lockCounts.get(principal) ?? 0) < client.locksPerPrincipal) return undefined;
  return unchanged(refused("lock_limit_exceeded", `Lock limit exceeded (max ${client.locksPerPrincipal} per user)`));
}

function takePlace(it: Acquire): Outcome {
  const { state, command, client, principal, standing, revision } = it;
  const { ttlMs, metadata, lockDelayMs, delayOnRelease } = command;
  const { id: operationId, request } = client.operation as { id: string; request: string };
  const { sessionId } = client.session as { sessionId: string };
  const { tokenHash, newLeaseId: leaseId } = client;
  anchored(state, standing, revision);
  const claim = { leaseId, principal, ttlMs, metadata, lockDelayMs, delayOnRelease };
  queueUp(state, command.name, { ...claim, sessionId, tokenHash, operationId, request });
  return noted({ status: "waiting" });
}

/** What keeps a free lock closed: its lock delay, and where some wait for it, until its end was told (no one overtakes). */
function coolingOf({ state, record, command }: Acquire) {
  const cooling = state.coolings.get(command.name);
  if (cooling === undefined) return undefined;
  const isOver = cooling.untilMs <= record.timeMs && state.waiters.get(command.name) === undefined;
  return isOver ? undefined : cooling;
}

const askerOf = ({ command: { ephemeral }, client: { session }, principal }: Acquire) => ({
  ephemeral,
  principal,
  sessionId: session?.sessionId ?? null,
});

const claimOf = ({ command, client: { session, newLeaseId }, principal }: Acquire): Claim => ({
  principal,
  sessionId: session?.sessionId ?? null,
  leaseId: newLeaseId,
  asked: command,
});

function whyMalformed({ command, client }: Acquire): string | undefined {
  if (!command.ephemeral) {
    return command.wait || command.ttlMs === null
      ? "Only an ephemeral lock can be waited for, or have no TTL."
      : undefined;
  }
  if (client.session === undefined) return "An ephemeral lock needs a session.";
  return command.wait && client.operation === undefined ? "To wait for a lock takes an operation id." : undefined;
}

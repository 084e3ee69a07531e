import type { Answer } from "../../shared/protocol/commands.js";
import type { Grant } from "../../shared/protocol/link.js";
import { acquiredAnswer } from "./answers.js";
import type { ClientCase } from "./client-case.js";
import { countFor, hold, letGo } from "./holding.js";
import { decide } from "./operations.js";
import { type Outcome, seen } from "./outcome.js";
import type { CommandRecord } from "./record.js";
import { refused } from "./refusal.js";
import { changeList } from "./session-table.js";
import type { Lock, Operation, State, Waiter } from "./state.js";

/** What became of a lock that came free. */
export type Freed = Pick<Outcome, "touched" | "grants">;

/** The session's place in the queue of a lock. */
export function placeOf(state: State, name: string, sessionId: string): Waiter | undefined {
  return state.waiters.get(name)?.find((waiter) => waiter.sessionId === sessionId);
}

/**
 * An acquire that waits is on record for as long as it does, also beyond the time for which answers are kept, and
 * whatever another session of the user had noted under its id after that time.
 */
export function stillWaiting(it: ClientCase): Pick<Operation, "request" | "answer"> | undefined {
  const { state, command, client, principal } = it;
  if (command.kind !== "acquire" || client.session === undefined) return undefined;
  const place = placeOf(state, command.name, client.session.sessionId);
  if (place?.operationId !== client.operation?.id || place?.principal !== principal) return undefined;
  return { request: place.request, answer: { status: "waiting" } };
}

/** Takes the last place in a lock's queue. The session must be known, and have none there. */
export function queueUp(state: State, name: string, waiter: Waiter): void {
  state.waiters.set(name, [...(state.waiters.get(name) ?? []), waiter]);
  countFor(state, waiter.principal, 1);
  const { operationId } = waiter;
  changeList(state, waiter.sessionId, "waits", (waits) => [...waits, { name, operationId }]);
}

/** Gives up a place. Whoever sends the acquire again hears why. */
export function giveUpPlace(state: State, name: string, waiter: Waiter, why: Answer, record: CommandRecord): void {
  leaveQueue(state, name, waiter);
  answerLater(state, waiter, why, record);
}

/**
 * A holder lets go of a lock, or was lost (`isLost`): the lock delay begins if there is one, and otherwise the lock
 * is the next one's, in this very commit. So a lock that somebody waits for is never seen free.
 */
export function free(state: State, lock: Lock, record: CommandRecord, revision: number, isLost: boolean): Freed {
  letGo(state, lock, record, isLost);
  const event = isLost ? "expired" : "released";
  if (state.coolings.get(lock.name) !== undefined) return { touched: [seen(lock.name, event)], grants: [] };
  const granted = grantNext(state, lock.name, record, revision);
  return granted.grants.length > 0 ? granted : { touched: [seen(lock.name, event)], grants: [] };
}

/**
 * Grants a lock that is free, and does not cool off, to the first who waits for it and whose token is still good
 * (rule A3). Those before it have lost their places.
 */
export function grantNext(state: State, name: string, record: CommandRecord, revision: number): Freed {
  for (const waiter of state.waiters.get(name) ?? []) {
    leaveQueue(state, name, waiter);
    if (state.tokens.get(waiter.tokenHash)?.principal !== waiter.principal) {
      answerLater(state, waiter, refused("authentication_failed", "Authentication failed"), record);
      continue;
    }
    const { sessionId, principal, leaseId, ttlMs, metadata, lockDelayMs, delayOnRelease, operationId } = waiter;
    const asked = { name, ephemeral: true, ttlMs, metadata, lockDelayMs, delayOnRelease };
    const answer = acquiredAnswer(hold(state, { principal, sessionId, leaseId, asked }, record, revision), record);
    answerLater(state, waiter, answer, record);
    const grant: Grant = { sessionId, operationId, name, answer };
    return { touched: [seen(name, "acquired")], grants: [grant] };
  }
  return { touched: [], grants: [] };
}

function leaveQueue(state: State, name: string, { sessionId, principal }: Waiter): void {
  const left = (state.waiters.get(name) ?? []).filter((other) => other.sessionId !== sessionId);
  if (left.length === 0) state.waiters.delete(name);
  else state.waiters.set(name, left);
  countFor(state, principal, -1);
  changeList(state, sessionId, "waits", (waits) => waits.filter((wait) => wait.name !== name));
}

/** What the acquire is answered from now on, where it is sent again (rule O1: kept from now). */
function answerLater(
  state: State,
  { principal, operationId: id, request }: Waiter,
  answer: Answer,
  now: CommandRecord,
) {
  decide(state, principal, { id, request }, answer, now);
}

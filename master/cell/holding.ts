import type { CommandRecord } from "./record.js";
import { changeList } from "./session-table.js";
import type { Lock, State } from "./state.js";

/** A lock that is about to be held: all of it but what the commit adds. */
export interface Claim extends Pick<Lock, "principal" | "sessionId" | "leaseId"> {
  readonly asked: Pick<Lock, "name" | "ephemeral" | "metadata" | "lockDelayMs" | "delayOnRelease"> & {
    readonly ttlMs: number | null;
  };
}

/** Gives a free lock to its next holder, under the next fencing token (P2). A session that it names must be known. */
export function hold(state: State, claim: Claim, record: CommandRecord, revision: number): Lock {
  const { counters, coolings, locks } = state;
  const { name, ephemeral, ttlMs, lockDelayMs, delayOnRelease, metadata } = claim.asked;
  counters.lastFencingToken += 1;
  const lock: Lock = {
    name,
    principal: claim.principal,
    sessionId: claim.sessionId,
    ephemeral,
    leaseId: claim.leaseId,
    fencingToken: counters.lastFencingToken,
    expiresAtMs: ttlMs === null ? null : record.timeMs + ttlMs,
    expiresAtWallMs: ttlMs === null ? null : record.wallMs + ttlMs,
    lockDelayMs,
    delayOnRelease,
    metadata,
    revision,
  };
  coolings.delete(lock.name);
  locks.set(lock.name, lock);
  countFor(state, lock.principal, 1);
  changeList(state, lock.sessionId, listOf(lock), (names) => [...names, lock.name]);
  return lock;
}

/** Takes a lock from its holder. The lock delay is for holders that were lost, and for others where it was asked for. */
export function letGo(state: State, lock: Lock, record: CommandRecord, isLost: boolean): void {
  state.locks.delete(lock.name);
  countFor(state, lock.principal, -1);
  changeList(state, lock.sessionId, listOf(lock), (names) => names.filter((name) => name !== lock.name));
  const { lockDelayMs } = lock;
  if (lockDelayMs === 0 || !(isLost || lock.delayOnRelease)) return;
  const cooling = { untilMs: record.timeMs + lockDelayMs, untilWallMs: record.wallMs + lockDelayMs, lockDelayMs };
  state.coolings.set(lock.name, cooling);
}

/** The list of its session's record in which a lock stands. */
const listOf = ({ ephemeral }: Lock) => (ephemeral ? "locks" : "labels");

/** Counts what a principal has: locks and places alike, so that no grant ever fails for the limit. */
export function countFor(state: State, principal: string, by: 1 | -1): void {
  const count = (state.lockCounts.get(principal) ?? 0) + by;
  if (count === 0) state.lockCounts.delete(principal);
  else state.lockCounts.set(principal, count);
}

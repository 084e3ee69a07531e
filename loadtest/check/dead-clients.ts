import { LIMITS } from "../../shared/protocol/limits.js";
import type { SessionEnd } from "./lost-sessions.js";
import type { SessionLife } from "./session-evidence.js";

/** A time in which something was wrong with the cell, or with the way to it. */
export interface Trouble {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a client that is dead may keep its locks for, beside its lease (P7). */
const BESIDE_LEASE_MS = 2_000;

/**
 * P7: while its gateway and the master are up, a dead client's locks come free within its session lease and two
 * seconds, to which a dead proxy that may hold them adds a proxy lease. One sentence for each session that lived on.
 * Nothing is asked of a session while something was wrong; with `beforeMs` the run ended.
 */
export function lateEnds(
  sessions: readonly SessionLife[],
  ends: readonly SessionEnd[],
  { troubles, endMs }: { readonly troubles: readonly Trouble[]; readonly endMs: number },
): string[] {
  const endOf = new Map(ends.map((end) => [end.sessionId, end]));
  return sessions.flatMap(({ sessionId, client, leaseMs, diedMs, closedMs, attachment, signs }) => {
    if (attachment === null || diedMs === Number.POSITIVE_INFINITY || closedMs <= diedMs) return [];
    const lastMs = Math.max(...signs.map(({ sentMs }) => sentMs));
    const dueMs = diedMs + leaseMs / LIMITS.driftFactor + BESIDE_LEASE_MS;
    const isTroubled = troubles.some(({ fromMs, untilMs }) => fromMs <= dueMs && untilMs >= lastMs - leaseMs);
    const endedMs = endOf.get(sessionId)?.atMs ?? Number.POSITIVE_INFINITY;
    if (isTroubled || endMs <= dueMs || endedMs <= dueMs) return [];
    return [`The session ${sessionId} of ${client}, dead since ${diedMs} ms, was not ended by ${dueMs.toFixed()} ms.`];
  });
}

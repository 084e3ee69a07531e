import { LIMITS } from "../../shared/protocol/limits.js";
import type { SessionEnd } from "./lost-sessions.js";
import { isAnswerOut, type SessionLife } from "./session-evidence.js";

/** A time in which something was wrong with the cell, or with the way to it. */
export interface Trouble {
  readonly fromMs: number;
  readonly untilMs: number;
  /** It was a restart of the master: what is asked of it afterwards is as before, counted from its end. */
  readonly isRestart?: boolean;
}

/** What a client that is dead may keep its locks for, beside its lease (P7). */
const BESIDE_LEASE_MS = 2_000;

/**
 * P7: while its gateway and the master are up, a dead client's locks come free within its session lease and two
 * seconds, to which a dead proxy that may hold them adds a proxy lease. One sentence for each session that lived on.
 * A restart of the master starts that term anew. Nothing is asked of a session while something else was wrong; with
 * `endMs` the run ended.
 */
export function lateEnds(
  sessions: readonly SessionLife[],
  ends: readonly SessionEnd[],
  { troubles, endMs }: { readonly troubles: readonly Trouble[]; readonly endMs: number },
): string[] {
  const endOf = new Map(ends.map((end) => [end.sessionId, end]));
  const restarts = troubles.filter(({ isRestart }) => isRestart === true).sort((a, b) => a.fromMs - b.fromMs);
  const others = troubles.filter(({ isRestart }) => isRestart !== true);
  return sessions.flatMap((session) => {
    const { sessionId, client, leaseMs, diedMs, closedMs, attachment, signs } = session;
    if (attachment === null || diedMs === Number.POSITIVE_INFINITY || closedMs <= diedMs) return [];
    const sinceMs = Math.max(...signs.map(({ sentMs }) => sentMs)) - leaseMs;
    const met = restarts.filter(({ untilMs }) => untilMs >= sinceMs);
    const termMs = leaseMs / LIMITS.driftFactor + BESIDE_LEASE_MS;
    const dueMs = met.reduce(
      (soFarMs, { fromMs, untilMs }) => (fromMs <= soFarMs ? Math.max(soFarMs, untilMs + termMs) : soFarMs),
      diedMs + termMs,
    );
    // Whoever was being attached when the master died may be where nobody looks for it.
    if (met.length > 0 && isAnswerOut(session)) return [];
    const isTroubled = others.some(({ fromMs, untilMs }) => fromMs <= dueMs && untilMs >= sinceMs);
    const endedMs = endOf.get(sessionId)?.atMs ?? Number.POSITIVE_INFINITY;
    if (isTroubled || endMs <= dueMs || endedMs <= dueMs) return [];
    return [`The session ${sessionId} of ${client}, dead since ${diedMs} ms, was not ended by ${dueMs.toFixed()} ms.`];
  });
}

import { LIMITS } from "../../shared/protocol/limits.js";
import { groupBy } from "../check/group-by.js";
import type { SessionEnd } from "../check/lost-sessions.js";
import type { LifeEnd, SessionEvidence, SessionLife } from "../check/session-evidence.js";
import type { Stretch } from "../check/slow-writes.js";
import { ROUND_MS } from "../check/slow-writes.js";
import { GRACE_MS } from "./chaos-cell.js";
import { ISOLATED, LIBRARY_PROCESSES, PROXIES } from "./plan.js";
import { START_WAIT_MS, type Struck } from "./trouble.js";

/** P7: what the cell may take beside the lease to find somebody dead. */
const FOUND_DEAD_MS = 2_000;
/** What a machine needs that does much else. */
const BESIDE_MS = 1_000;

/** A session whose client died, and when the cell found it dead. */
export interface DeadSession {
  readonly sessionId: string;
  readonly client: string;
  readonly diedMs: number;
  /** When the cell ended it. Infinity: never. */
  readonly endedMs: number;
  /** By then it had to. */
  readonly dueMs: number;
  /** What it needed was not well: it died together with its proxy, or the master or the way was lost. */
  readonly isTroubled: boolean;
}

/** P7, where everything was well; else counted from when it was well again. */
export const PLAIN_MS = (leaseMs: number): number =>
  leaseMs / LIMITS.driftFactor + FOUND_DEAD_MS + ROUND_MS + BESIDE_MS;
/** P7 for who dies with its proxy, or while the master is away: proxy lease, session lease and grace. */
export const ORPHAN_MS = (leaseMs: number): number =>
  ROUND_MS + (leaseMs + GRACE_MS) / LIMITS.driftFactor + FOUND_DEAD_MS + ROUND_MS + BESIDE_MS;

export interface DeathParts {
  readonly sessions: readonly SessionLife[];
  readonly ends: readonly SessionEnd[];
  readonly struck: readonly Struck[];
  readonly endMs: number;
  /** By how much the clients' processes may be late. */
  readonly lateMs: number;
}

/** When the cell found the dead, as far as the run lasted long enough to see it. */
export function deadSessions({ sessions, ends, struck, endMs, lateMs }: DeathParts): DeadSession[] {
  const endOf = new Map(ends.map(({ sessionId, atMs }) => [sessionId, atMs]));
  return sessions.filter(diedWithLocks).flatMap((session): DeadSession[] => {
    const { diedMs, sessionId, client } = session;
    const endedMs = endOf.get(sessionId) ?? Number.POSITIVE_INFINITY;
    const due = dueBy(session, struck, lateMs);
    const isKnown = endedMs < endMs || due.dueMs < endMs;
    return isKnown && endedMs >= diedMs ? [{ sessionId, client, diedMs, endedMs, ...due }] : [];
  });
}

/** P7: one sentence for each that the cell kept too long. */
export function keptTooLong(dead: readonly DeadSession[]): string[] {
  return dead
    .filter(({ endedMs, dueMs }) => endedMs > dueMs)
    .map(({ sessionId, client, diedMs, endedMs, dueMs }) => {
      const when = endedMs === Number.POSITIVE_INFINITY ? "never" : `at ${endedMs.toFixed()} ms`;
      const since = `dead since ${diedMs.toFixed()} ms`;
      return `The session ${sessionId} of ${client}, ${since}, was ended ${when}, and not by ${dueMs.toFixed()} ms.`;
    });
}

/** Only what was anchored can hold anything. */
const diedWithLocks = ({ attachment, diedMs, closedMs, toldOverMs }: SessionLife): boolean =>
  attachment !== null && diedMs < Number.POSITIVE_INFINITY && closedMs > diedMs && toldOverMs > diedMs;

function dueBy(
  session: SessionLife,
  struck: readonly Struck[],
  lateMs: number,
): { dueMs: number; isTroubled: boolean } {
  const { diedMs, leaseMs, signs } = session;
  const last = signs.reduce((one, other) => (other.sentMs > one.sentMs ? other : one));
  const isMoving = session.resumeSentMs > last.sentMs;
  const proxies = new Set<string>(isMoving ? PROXIES : signs.slice(-2).map(({ life }) => doorOf(life)));
  let dueMs = diedMs + PLAIN_MS(leaseMs) + lateMs;
  let isTroubled = false;
  for (const trouble of struck.flatMap((one) => troubleFor(proxies, one)).sort((a, b) => a.fromMs - b.fromMs)) {
    if (trouble.fromMs > dueMs || trouble.untilMs < last.sentMs - leaseMs) continue;
    isTroubled = true;
    dueMs = Math.max(dueMs, Math.max(trouble.untilMs, diedMs) + ORPHAN_MS(leaseMs) + lateMs);
  }
  return { dueMs, isTroubled };
}

/**
 * P6: one sentence for each session that the cell ended, though its client lived, and nothing was wrong with it, with the
 * gateway that it was at, with the master or the ways between them since its last sign of life.
 */
export function endedForNothing(
  sessions: readonly SessionLife[],
  ends: readonly SessionEnd[],
  struck: readonly Struck[],
): string[] {
  const endOf = new Map(ends.map(({ sessionId, atMs }) => [sessionId, atMs]));
  return sessions.flatMap((session) => {
    const endedMs = endOf.get(session.sessionId) ?? Number.POSITIVE_INFINITY;
    if (endedMs >= Math.min(session.diedMs, session.closedMs)) return [];
    const signs = session.signs.filter(({ sentMs }) => sentMs < endedMs);
    const last = signs.reduce((one, other) => (other.sentMs > one.sentMs ? other : one));
    const needed = new Set([...PROXIES, ...LIBRARY_PROCESSES.filter((name) => session.client.startsWith(name))]);
    const troubles = struck.flatMap((one) => troubleFor(needed, one));
    if (troubles.some(({ fromMs, untilMs }) => fromMs <= endedMs && untilMs >= last.sentMs - session.leaseMs))
      return [];
    const [sentMs, atMs] = [last.sentMs.toFixed(), endedMs.toFixed()];
    return [
      `The session ${session.sessionId} of ${session.client}, which was alive at ${sentMs} ms, was ended at ${atMs} ms ` +
        "though nothing was wrong.",
    ];
  });
}

/** What keeps the cell from finding a session dead: its proxy, the master, or the ways between are not well. */
function troubleFor(proxies: ReadonlySet<string>, { fault, fromMs, untilMs }: Struck): Stretch[] {
  if ("who" in fault) {
    if (fault.who === "master") return [{ fromMs, untilMs: untilMs + START_WAIT_MS }];
    return proxies.has(fault.who) ? [{ fromMs, untilMs }] : [];
  }
  if (!("link" in fault)) return proxies.has(ISOLATED) ? [{ fromMs, untilMs }] : [];
  const [from = "", to = ""] = fault.link.split("→");
  return (from === "sessions" && proxies.has(to)) || proxies.has(from) ? [{ fromMs, untilMs }] : [];
}

/** The proxy behind a life, as `livesOf` names it. */
const doorOf = (life: string): string => life.split("#")[0] as string;

/** Says at each sign of life in which life of the gateway it was given, as far as the clients know the gateway only. */
export function withLives(evidence: SessionEvidence, endsOf: ReadonlyMap<string, readonly number[]>): SessionEvidence {
  const lifeAt = (door: string, atMs: number): string =>
    `${door}#${(endsOf.get(door) ?? []).filter((endMs) => endMs <= atMs).length}`;
  const sessions = evidence.sessions.map((session) => ({
    ...session,
    signs: session.signs.map(({ sentMs, life }) => ({ sentMs, life: lifeAt(life, sentMs) })),
  }));
  const signs = groupBy(
    sessions.flatMap((session) => session.signs),
    ({ life }) => life,
  );
  // Who says that a session lives has a lease.
  const leaseRanMs = (life: string): number => Math.max(...(signs.get(life) ?? []).map(({ sentMs }) => sentMs));
  const lifeEnds = [...endsOf].flatMap(([door, ends]) =>
    ends.map((atMs, n): LifeEnd => ({ life: `${door}#${n}`, atMs, leaseRanMs: leaseRanMs(`${door}#${n}`) })),
  );
  return { ...evidence, sessions, lifeEnds };
}

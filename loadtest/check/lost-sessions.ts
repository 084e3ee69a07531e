import { LIMITS } from "../../shared/protocol/limits.js";
import type { LifeEnd, SessionLife, SignOfLife } from "./session-evidence.js";

/** The cell ended a session for the silence of its client. */
export interface SessionEnd {
  readonly sessionId: string;
  /** When that was written to the journal. */
  readonly atMs: number;
}

/**
 * P6: no session is lost whose client reached a gateway in time, and a gateway that dies costs none. One sentence for
 * each that ended
 *
 * - before its lease was over, counted from when its client sent the last request that was answered in time: whatever
 *   gateways and master went through;
 * - though the process that held it had died, before its client had what it has then, lease and grace;
 * - for its client only, while the cell has not ended it at all.
 */
export function lostSessions(
  sessions: readonly SessionLife[],
  ends: readonly SessionEnd[],
  { lifeEnds, graceMs }: { readonly lifeEnds: readonly LifeEnd[]; readonly graceMs: number },
): string[] {
  const endOf = new Map(ends.map((end) => [end.sessionId, end]));
  const overAt = new Map(lifeEnds.map((end) => [end.life, end]));
  return sessions.flatMap((session) => {
    const end = endOf.get(session.sessionId);
    if (end === undefined) return session.toldOverMs < session.closedMs ? [unended(session)] : [];
    const last = lastSign(session, end.atMs);
    if (last === undefined || session.closedMs <= end.atMs) return [];
    const fromMs = last.sentMs + session.leaseMs * LIMITS.driftFactor;
    if (end.atMs < fromMs) return [tooSoon(session, end, last, fromMs)];
    const over = overAt.get(last.life);
    if (over === undefined || over.atMs >= fromMs || !wasLeftAlone(session, last, end)) return [];
    const graceIsOverMs = over.leaseRanMs + (session.leaseMs + graceMs) * LIMITS.driftFactor;
    return end.atMs < graceIsOverMs ? [tooSoon(session, end, last, graceIsOverMs)] : [];
  });
}

/** It was held where it was last told to live, and nobody has asked for it elsewhere, nor died, since. */
const wasLeftAlone = ({ attachment, resumeSentMs, diedMs }: SessionLife, last: SignOfLife, end: SessionEnd): boolean =>
  attachment !== null && resumeSentMs <= last.sentMs && diedMs > end.atMs;

const lastSign = ({ signs }: SessionLife, beforeMs: number): SignOfLife | undefined =>
  signs.filter(({ sentMs }) => sentMs < beforeMs).reduce<SignOfLife | undefined>(later, undefined);

const later = (one: SignOfLife | undefined, other: SignOfLife): SignOfLife =>
  one !== undefined && one.sentMs >= other.sentMs ? one : other;

const tooSoon = ({ sessionId, client }: SessionLife, { atMs }: SessionEnd, last: SignOfLife, fromMs: number): string =>
  `The session ${sessionId} of ${client} was ended at ${atMs} ms, though it was told by ${last.life}, to what it had ` +
  `sent at ${last.sentMs} ms, that it lives, and had until ${fromMs} ms at least.`;

const unended = ({ sessionId, client, toldOverMs }: SessionLife): string =>
  `${client} was told at ${toldOverMs} ms that its session ${sessionId} is over, but the cell has not ended it.`;

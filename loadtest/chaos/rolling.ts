import type { SessionEnd } from "../check/lost-sessions.js";
import type { SessionLife } from "../check/session-evidence.js";
import { longestGap, type Stretch } from "../check/slow-writes.js";
import type { Jeopardy } from "./library-messages.js";

/** What a restart of all proxies, one after the other, came to for those who had sessions, when nothing else was wrong. */
export interface Rolling {
  /** Sessions that were there before. */
  readonly sessions: number;
  /** Those that the cell ended meanwhile. */
  readonly lost: readonly string[];
  readonly jeopardies: readonly Jeopardy[];
  /** The longest time between two requests of one session that were answered. */
  readonly longestGapMs: number;
}

export interface RollingParts {
  readonly sessions: readonly SessionLife[];
  readonly ends: readonly SessionEnd[];
  readonly jeopardies: readonly Jeopardy[];
  readonly stretch: Stretch;
}

export function rollingRestart({ sessions, ends, jeopardies, stretch }: RollingParts): Rolling {
  const { fromMs, untilMs } = stretch;
  const isOver = ({ sessionId, closedMs, diedMs, toldOverMs }: SessionLife): boolean =>
    Math.min(closedMs, diedMs, toldOverMs, endOf(sessionId)) < fromMs;
  const endOf = (sessionId: string): number => ends.find((end) => end.sessionId === sessionId)?.atMs ?? untilMs;
  const there = sessions.filter((session) => !isOver(session) && isSeen(session, stretch));
  const gapsMs = there.map(({ signs }) => {
    const sentMs = signs.map((sign) => sign.sentMs);
    const own = { fromMs: Math.max(fromMs, Math.min(...sentMs)), untilMs: Math.min(untilMs, Math.max(...sentMs)) };
    const gap = longestGap(sentMs, own);
    return gap.untilMs - gap.fromMs;
  });
  return {
    sessions: there.length,
    lost: there.filter(({ sessionId }) => endOf(sessionId) < untilMs).map(({ sessionId }) => sessionId),
    jeopardies: jeopardies.filter((one) => one.untilMs > fromMs && one.fromMs < untilMs),
    longestGapMs: Math.max(0, ...gapsMs),
  };
}

/** A session that never wrote becomes another one where its client goes; only the newest has signs of life. */
const isSeen = ({ signs, attachment }: SessionLife, { fromMs, untilMs }: Stretch): boolean =>
  attachment !== null && signs.some(({ sentMs }) => sentMs > fromMs && sentMs < untilMs);

/** What a reconnect may take beyond a lease, where the machine does much else. */
const BESIDE_MS = 1_000;

/**
 * A stop in good order costs nobody a session, and no client its belief in one. One sentence for each that it did.
 * `lateMs`: by how much processes of this machine were late.
 */
export function brokenRolling({ lost, jeopardies }: Rolling, lateMs: number): string[] {
  const long = jeopardies.filter(({ fromMs, untilMs }) => untilMs - fromMs > BESIDE_MS + lateMs);
  return [
    ...lost.map((sessionId) => `The session ${sessionId} was ended while the proxies were restarted one by one.`),
    ...long.map(
      ({ client, fromMs, untilMs }) =>
        `${client} was in jeopardy from ${fromMs.toFixed()} to ${untilMs.toFixed()} ms, while the proxies were ` +
        "restarted one by one.",
    ),
  ];
}

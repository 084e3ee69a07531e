import type { SessionEnd } from "../check/lost-sessions.js";
import type { Evidence } from "../check/records.js";
import type { SessionLife } from "../check/session-evidence.js";
import type { Stretch } from "../check/slow-writes.js";
import type { Jeopardy, LibraryReport } from "./library-messages.js";
import type { PlayerReport } from "./player-messages.js";
import { type Rolling, rollingRestart } from "./rolling.js";
import { type DeadSession, deadSessions } from "./session-times.js";
import type { Struck } from "./trouble.js";

/** What a run came to for users of the client library, and of sessions over HTTP. */
export interface SessionMeasures {
  readonly opened: number;
  readonly anchored: number;
  readonly resumed: number;
  /** How often clients were asked to go elsewhere. */
  readonly sentAway: number;
  readonly closed: number;
  /** Ended by the cell, since nothing was heard of a client that lived, but was stopped or reached nobody. */
  readonly silent: number;
  readonly died: number;
  readonly jeopardies: number;
  readonly longestJeopardy: Jeopardy | undefined;
  readonly grants: number;
  /** Times in which a client believed in a lock. */
  readonly held: number;
  readonly watches: number;
  readonly changes: number;
  readonly resyncs: number;
  readonly dead: readonly DeadSession[];
  readonly rolling: Rolling;
  /** Over HTTP. */
  readonly roamed: Readonly<Record<"opened" | "alive" | "deleted" | "sought", number>>;
}

export interface SessionMeasureParts {
  readonly evidence: Evidence;
  readonly libraries: readonly LibraryReport[];
  readonly players: readonly PlayerReport[];
  readonly ends: readonly SessionEnd[];
  readonly struck: readonly Struck[];
  /** When the proxies were restarted one by one, with nothing else wrong. */
  readonly rolling: Stretch;
  readonly endMs: number;
}

export function measureSessions(parts: SessionMeasureParts): SessionMeasures {
  const { evidence, libraries, players, ends, struck, rolling, endMs } = parts;
  const { sessions, held, watches } = evidence.ofSessions;
  const jeopardies = libraries.flatMap((library) => library.jeopardies);
  const heard = (type: string): number => sum(libraries.map((library) => library.heard[type] ?? 0));
  const endedMs = new Map(ends.map(({ sessionId, atMs }) => [sessionId, atMs]));
  const isClosed = ({ closedMs }: SessionLife): boolean => closedMs < Number.POSITIVE_INFINITY;
  const isDead = ({ diedMs, closedMs }: SessionLife): boolean => diedMs < closedMs;
  const isSilent = ({ sessionId, diedMs, closedMs }: SessionLife): boolean =>
    (endedMs.get(sessionId) ?? Number.POSITIVE_INFINITY) < Math.min(diedMs, closedMs);
  const items = watches.flatMap((watch) => watch.items);
  const lateMs = Math.max(...players.map((player) => player.lateMs));
  return {
    opened: sessions.length,
    anchored: sessions.filter(({ attachment }) => attachment !== null).length,
    resumed: heard("sessionResumed"),
    sentAway: heard("goAway"),
    closed: sessions.filter(isClosed).length,
    silent: sessions.filter(isSilent).length,
    died: sessions.filter(isDead).length,
    jeopardies: jeopardies.length,
    longestJeopardy: jeopardies.toSorted((a, b) => lengthMs(b) - lengthMs(a))[0],
    grants: new Set(held.map(({ fencingToken }) => fencingToken)).size,
    held: held.length,
    watches: watches.length,
    changes: items.filter(({ type }) => type === "change").length,
    resyncs: items.filter(({ type }) => type === "resync").length,
    rolling: rollingRestart({ sessions, ends, jeopardies, stretch: rolling }),
    dead: deadSessions({ sessions, ends, struck, endMs, lateMs }),
    roamed: {
      opened: sum(players.flatMap(({ roamed }) => roamed.map(({ opened }) => opened))),
      alive: sum(players.flatMap(({ roamed }) => roamed.map(({ alive }) => alive))),
      deleted: sum(players.flatMap(({ roamed }) => roamed.map(({ deleted }) => deleted))),
      sought: sum(players.flatMap(({ roamed }) => roamed.map(({ sought }) => sought))),
    },
  };
}

export const lengthMs = ({ fromMs, untilMs }: Jeopardy): number => untilMs - fromMs;

const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0);

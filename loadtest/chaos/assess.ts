import type { Finding } from "../check/case.js";
import { type Judgement, judge } from "../check/judge.js";
import type { Ledger } from "../check/ledger.js";
import type { SessionEnd } from "../check/lost-sessions.js";
import type { Evidence } from "../check/records.js";
import type { SessionEvidence } from "../check/session-evidence.js";
import type { Stretch } from "../check/slow-writes.js";
import { GRACE_MS } from "./chaos-cell.js";
import type { LibraryReport } from "./library-messages.js";
import { type Measures, measure } from "./measures.js";
import type { PlayerReport } from "./player-messages.js";
import { userOf } from "./players.js";
import { brokenRolling } from "./rolling.js";
import { measureSessions, type SessionMeasures } from "./session-measures.js";
import { endedForNothing, keptTooLong, withLives } from "./session-times.js";
import type { Struck } from "./trouble.js";

/** What a run came to, and what it broke. */
export interface Assessment extends Judgement {
  readonly measures: Measures;
  readonly sessions: SessionMeasures;
}

export interface Learned {
  readonly reports: readonly PlayerReport[];
  readonly libraries: readonly LibraryReport[];
  readonly own: Pick<Evidence, "tokens" | "mishaps">;
  readonly ledger: Ledger | undefined;
  /** By how much the wall clock is ahead of the run's. */
  readonly wallAheadMs: number;
  readonly struck: readonly Struck[];
  /** When the lives of each process ended. */
  readonly lifeEnds: ReadonlyMap<string, readonly number[]>;
  /** In which clients over HTTP worked. */
  readonly phase: Stretch;
  readonly rolling: Stretch;
  readonly endMs: number;
}

/** Looks at everything that was learned of a run. */
export function assess(learned: Learned): Assessment {
  const { reports, libraries, ledger, struck, rolling, phase, endMs } = learned;
  const evidence = evidenceOf(learned);
  const { sessions: lives } = evidence.ofSessions;
  const ends = endsIn(ledger, evidence);
  const measures = measure({ evidence, struck, reports, phase });
  const sessions = measureSessions({ evidence, libraries, players: reports, ends, struck, rolling, endMs });
  const { findings, undecided } = judge({
    ...{ evidence, ledger, endMs, userOf, fillKeysPerS: () => 0, graceMs: GRACE_MS },
    // Where something is always wrong, it must be looked at what each session needed: see below.
    troubles: [{ fromMs: 0, untilMs: endMs }],
    busTroubles: [],
  });
  const of = (promise: string, texts: readonly string[]): Finding[] => texts.map((text) => ({ promise, text }));
  const more = [
    ...of("P6 sessions outlive proxies", endedForNothing(lives, ends, struck)),
    ...of("P6 rolling restart", brokenRolling(sessions.rolling, measures.lateMs)),
    ...of("P7 bounded stall", measures.writes.broken),
    ...of("P7 dead clients", keptTooLong(sessions.dead)),
  ];
  return { measures, sessions, undecided, findings: [...findings, ...more] };
}

/** What several processes wrote down, and the disk, as one. */
function evidenceOf({ reports, libraries, own, ledger, wallAheadMs, lifeEnds }: Learned): Evidence {
  const parts = [...reports, ...libraries].map((report) => report.evidence);
  const commits = ledger?.commits ?? [];
  return {
    locks: parts.flatMap(({ locks }) => locks).sort((a, b) => a.invokedAtMs - b.invokedAtMs),
    stale: parts.flatMap(({ stale }) => stale),
    lists: parts.flatMap(({ lists }) => lists),
    answered: parts.flatMap(({ answered }) => answered),
    reads: parts.flatMap(({ reads }) => reads).sort((a, b) => a.invokedAtMs - b.invokedAtMs),
    ofSessions: withLives(sessionsOf(parts), lifeEnds),
    tokens: own.tokens,
    mishaps: [...own.mishaps, ...parts.flatMap(({ mishaps }) => mishaps)],
    journaled: commits.map(({ revision, wallMs }) => ({ life: 0, key: "", revision, atMs: wallMs - wallAheadMs })),
    ...{ rounds: [], uptimes: [], masterLives: [], fills: [], inVain: [] },
  };
}

function sessionsOf(parts: readonly Evidence[]): SessionEvidence {
  const all = parts.map(({ ofSessions }) => ofSessions);
  return {
    held: all.flatMap(({ held }) => held),
    sessions: all.flatMap(({ sessions }) => sessions),
    sessionAnswers: all.flatMap(({ sessionAnswers }) => sessionAnswers).sort((a, b) => a.atMs - b.atMs),
    watches: all.flatMap(({ watches }) => watches),
    renewals: [],
    lifeEnds: [],
  };
}

/** The sessions that the cell has ended for their silence, and when. */
function endsIn(ledger: Ledger | undefined, { journaled }: Evidence): SessionEnd[] {
  const atMs = new Map(journaled.map((one) => [one.revision, one.atMs]));
  return (ledger?.commits ?? []).flatMap(({ kind, ended, revision }): SessionEnd[] =>
    kind === "endSession" && ended !== undefined ? [{ sessionId: ended, atMs: atMs.get(revision) as number }] : [],
  );
}

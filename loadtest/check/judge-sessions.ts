import type { Case, Finding } from "./case.js";
import { lateEnds } from "./dead-clients.js";
import { lateTellings } from "./late-tellings.js";
import { lostSessions, type SessionEnd } from "./lost-sessions.js";
import { overtakings } from "./queue-order.js";
import { growingRenewals } from "./renewals.js";
import { changedSessionAnswers } from "./session-answers.js";
import { silentGaps } from "./watch-gaps.js";

/** How long after a change everybody who still watches must have been told of it, once nothing goes wrong any more. */
const TOLD_WITHIN_MS = 5_000;

/** What a run broke of the promises of sessions and watches. */
export function judgeSessions({ evidence, ledger, endMs, graceMs, troubles, busTroubles }: Case): Finding[] {
  const { sessions, sessionAnswers, watches, renewals, lifeEnds } = evidence.ofSessions;
  const commits = ledger?.commits ?? [];
  const atMs = new Map(evidence.journaled.map((one) => [one.revision, one.atMs]));
  const ends = commits.flatMap(({ kind, ended, revision }): SessionEnd[] =>
    kind === "endSession" && ended !== undefined ? [{ sessionId: ended, atMs: atMs.get(revision) ?? 0 }] : [],
  );
  const old = commits.filter(({ revision }) => (atMs.get(revision) ?? 0) < endMs - TOLD_WITHIN_MS);
  const caughtUpTo = old.at(-1)?.revision ?? 0;
  const of = (promise: string, texts: readonly string[]): Finding[] => texts.map((text) => ({ promise, text }));
  return [
    ...of("P4 nothing lost", ledger?.lostOfSessions(sessionAnswers) ?? []),
    ...of("P5 exactly once", changedSessionAnswers(sessionAnswers)),
    ...of(
      "P6 sessions outlive proxies",
      ledger === undefined ? [] : lostSessions(sessions, ends, { lifeEnds, graceMs }),
    ),
    ...of("P7 dead clients", lateEnds(sessions, ends, { troubles, endMs })),
    ...of("P8 flat renewals", growingRenewals(renewals)),
    ...of("W1 told at once", lateTellings(watches, atMs, [...troubles, ...busTroubles])),
    ...of("P11 no silent gap", ledger === undefined ? [] : silentGaps(watches, commits, caughtUpTo)),
    ...of("S7 first come, first served", overtakings(commits)),
  ];
}

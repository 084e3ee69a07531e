import { LIMITS } from "../../shared/protocol/limits.js";
import { vainQuestions } from "./asked-in-vain.js";
import { brokenAuthorisation } from "./authorised.js";
import type { Journaled, KeyWritten } from "./bounded-stall.js";
import { longStalls } from "./bounded-stall.js";
import type { Case, Finding } from "./case.js";
import { brokenCellTime } from "./cell-time.js";
import { changedAnswers } from "./exactly-once.js";
import { brokenFencing } from "./fencing.js";
import { brokenBudgets } from "./fill-budget.js";
import { judgeSessions } from "./judge-sessions.js";
import type { Ledger } from "./ledger.js";
import type { Verdict } from "./linearizable.js";
import { readsInLists } from "./list-read.js";
import type { LockOperation } from "./lock-operation.js";
import { checkLocks } from "./locks.js";
import { raisedExpiries } from "./lower-bounds.js";
import { mixedLists } from "./mixed-lists.js";
import { brokenExclusion } from "./mutual-exclusion.js";
import { lostWrites } from "./nothing-lost.js";
import type { Evidence } from "./records.js";
import { changedWithoutLeave } from "./without-leave.js";

export interface Judgement {
  readonly findings: readonly Finding[];
  /** The order of a lock's operations was not found within reason: nothing is known of it. */
  readonly undecided: boolean;
}

const STEPS_MAX = 20_000;
const RESOLVED_STEPS_MAX = 1_000_000;

/** Everything that a run broke, by whichever validator. */
export function judge(it: Case): Judgement {
  const { evidence, ledger, endMs, userOf, fillKeysPerS } = it;
  const history = [...evidence.locks, ...readsInLists(evidence.lists, evidence.locks)];
  const fresh = freshness(it, history);
  const of = (promise: string, texts: readonly string[]): Finding[] => texts.map((text) => ({ promise, text }));
  const journaled = withTrueKeys(evidence.journaled, ledger);
  const uptimes = evidence.uptimes.map((up) => ({ ...up, untilMs: Math.min(up.untilMs, endMs) }));
  const findings = [
    ...of("P1 mutual exclusion", brokenExclusion(history, evidence.ofSessions.held)),
    ...of("P2 fencing", brokenFencing(history)),
    ...of("P3 fresh reads", fresh.verdict === "broken" ? [fresh.explanation] : []),
    ...of("P3 lower bounds", raisedExpiries(history)),
    ...of("P3 lists of one state", lists(it)),
    ...of("P4 nothing lost", [...lostWrites(history), ...(ledger?.lost(evidence.answered, userOf) ?? [])]),
    ...of("P5 exactly once", changedAnswers(evidence.answered)),
    ...of("P7 bounded stall", longStalls(evidence.rounds, journaled, uptimes)),
    ...of("P10 no read without leave", brokenAuthorisation(evidence.reads, evidence.tokens)),
    ...of("P12 budget", brokenBudgets(evidence.fills, fillKeysPerS)),
    ...of("P12 few questions", vainQuestions(evidence.inVain)),
    ...of("T2 cell time", cellTime(it)),
    ...of("A3 leave at the commit", changedWithoutLeave(ledger?.commits ?? [])),
    ...judgeSessions(it),
    ...evidence.mishaps.map(({ who, what, atMs }) => ({ promise: who, text: `${what} (at ${atMs} ms)` })),
  ];
  return { findings, undecided: fresh.verdict === "undecided" };
}

/** When what was journaled is known well enough only where one clock sees all. */
function lists({ evidence, ledger }: Case): string[] {
  const { journaled, masterLives } = evidence;
  return ledger === undefined
    ? []
    : mixedLists(evidence.lists, ledger.commits, masterLives.length === 0 ? [] : journaled);
}

/** Where nobody knows when there was a master, nothing is said. */
function cellTime({ evidence, ledger }: Case): string[] {
  const { journaled, masterLives } = evidence;
  return ledger === undefined || masterLives.length === 0 ? [] : brokenCellTime(ledger.commits, journaled, masterLives);
}

/** What a command changes beside what it is about: all that a session held, when it ended. */
function withTrueKeys(journaled: readonly Journaled[], ledger: Ledger | undefined): readonly KeyWritten[] {
  const keysAt = new Map(ledger?.commits.map(({ revision, keys }) => [revision, keys]));
  return journaled.flatMap((one) => [one, ...(keysAt.get(one.revision) ?? []).map((key) => ({ ...one, key }))]);
}

/** Asks the clients alone first, and the disk for what none of them learned only if that leads nowhere. */
function freshness({ evidence, ledger, userOf }: Case, history: readonly LockOperation[]): Verdict {
  const stale = staleReads(evidence);
  const verdict = checkLocks([...history, ...stale], { stepsMax: STEPS_MAX });
  if (verdict.verdict !== "undecided" || ledger === undefined) return verdict;
  return checkLocks([...ledger.resolve(history, userOf), ...stale], { stepsMax: RESOLVED_STEPS_MAX });
}

/** An answer of up to some age is as a fresh one to somebody who had asked that much earlier. */
function staleReads({ stale }: Evidence): LockOperation[] {
  return stale.map(({ call, invokedAtMs, ...read }) => ({
    ...read,
    call: { kind: "read" },
    invokedAtMs: invokedAtMs - call.staleMs / LIMITS.driftFactor,
  }));
}

import { LIMITS } from "../../shared/protocol/limits.js";
import { brokenAuthorisation } from "../check/authorised.js";
import { longStalls } from "../check/bounded-stall.js";
import { changedAnswers } from "../check/exactly-once.js";
import { brokenFencing } from "../check/fencing.js";
import { brokenBudgets } from "../check/fill-budget.js";
import type { Verdict } from "../check/linearizable.js";
import type { LockOperation } from "../check/lock-operation.js";
import { checkLocks } from "../check/locks.js";
import { brokenExclusion } from "../check/mutual-exclusion.js";
import { lostWrites } from "../check/nothing-lost.js";
import type { Ledger } from "./ledger.js";
import type { Plan } from "./plan.js";
import type { Records } from "./records.js";

/** A promise that was not kept. */
export interface Finding {
  readonly promise: string;
  readonly text: string;
}

/** What is to be judged; `ledger` is undefined where the disk could not be read. */
export interface Case {
  readonly plan: Plan;
  readonly records: Records;
  readonly ledger: Ledger | undefined;
  readonly endMs: number;
}

export interface Judgement {
  readonly findings: readonly Finding[];
  /** The order of a lock's operations was not found within reason: nothing is known of it. */
  readonly undecided: boolean;
}

const STEPS_MAX = 20_000;
const RESOLVED_STEPS_MAX = 1_000_000;

/** Everything that a run broke, by whichever validator. */
export function judge(it: Case): Judgement {
  const { plan, records, ledger, endMs } = it;
  const history = records.locks.history();
  const fresh = freshness(it, history);
  const of = (promise: string, texts: readonly string[]): Finding[] => texts.map((text) => ({ promise, text }));
  const budgets = new Map(plan.proxies.map(({ name, fillKeysPerS }) => [name, fillKeysPerS]));
  const uptimes = records.uptimes.map((up) => ({ ...up, untilMs: Math.min(up.untilMs, endMs) }));
  const findings = [
    ...of("P1 mutual exclusion", brokenExclusion(history)),
    ...of("P2 fencing", brokenFencing(history)),
    ...of("P3 fresh reads", fresh.verdict === "broken" ? [fresh.explanation] : []),
    ...of("P4 nothing lost", [...lostWrites(history), ...(ledger?.lost(records.answered, userIn(plan)) ?? [])]),
    ...of("P5 exactly once", changedAnswers(records.answered)),
    ...of("P7 bounded stall", longStalls(records.rounds, records.journaled, uptimes)),
    ...of("P10 no read without leave", brokenAuthorisation(records.reads, records.tokens)),
    ...of(
      "P12 budget",
      brokenBudgets(records.fills, (proxy) => budgets.get(proxy) ?? 0),
    ),
    ...records.mishaps.map(({ who, what, atMs }) => ({ promise: who, text: `${what} (at ${atMs} ms)` })),
  ];
  return { findings, undecided: fresh.verdict === "undecided" };
}

/** Asks the clients alone first, and the disk for what none of them learned only if that leads nowhere. */
function freshness({ plan, records, ledger }: Case, history: readonly LockOperation[]): Verdict {
  const stale = staleReads(records);
  const verdict = checkLocks([...history, ...stale], { stepsMax: STEPS_MAX });
  if (verdict.verdict !== "undecided" || ledger === undefined) return verdict;
  return checkLocks([...ledger.resolve(history, userIn(plan)), ...stale], { stepsMax: RESOLVED_STEPS_MAX });
}

/** An answer of up to some age is as a fresh one to somebody who had asked that much earlier. */
function staleReads({ stale }: Records): LockOperation[] {
  return stale.history().map(({ call, invokedAtMs, ...read }) => ({
    ...read,
    call: { kind: "read" },
    invokedAtMs: invokedAtMs - call.staleMs / LIMITS.driftFactor,
  }));
}

const userIn =
  ({ clients }: Plan) =>
  (client: string): string =>
    clients.find(({ name }) => name === client)?.user ?? client;

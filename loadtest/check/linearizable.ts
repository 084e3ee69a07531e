import { explain } from "./explain.js";
import { byKey, type Operation } from "./history.js";
import type { Model } from "./model.js";
import { Search } from "./search.js";

export type Verdict =
  | { readonly verdict: "linearizable" }
  /** The search was given up; the history may be either. `explanation`: where it got stuck, the likeliest culprit. */
  | { readonly verdict: "undecided"; readonly key: string; readonly steps: number; readonly explanation: string }
  /** `explanation`: a few lines for people, with a picture. */
  | { readonly verdict: "broken"; readonly key: string; readonly explanation: string };

export interface CheckLimits {
  /** How many steps of the model are tried for each key before the search is given up. 20 million take seconds. */
  readonly stepsMax?: number;
}

/**
 * Whether a history is linearizable (Herlihy and Wing, 1990): whether each operation can be thought to have
 * happened at one instant between its call and its return, such that all results come out. Judged key by
 * key, since a history is linearizable if and only if it is so for each key alone.
 */
export function checkLinearizable<State, Call, Result>(
  model: Model<State, Call, Result>,
  history: readonly Operation<Call, Result>[],
  { stepsMax = 20_000_000 }: CheckLimits = {},
): Verdict {
  let verdict: Verdict = { verdict: "linearizable" };
  for (const [key, operations] of byKey(history)) {
    const search = new Search(model, operations, stepsMax);
    const found = search.run();
    if (found === "linearizable") continue;
    const explanation = explain(model, key, found, search.deepest());
    if (found === "broken") return { verdict: "broken", key, explanation };
    verdict = { verdict: "undecided", key, steps: search.steps, explanation };
  }
  return verdict;
}

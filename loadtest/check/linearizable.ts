import { explain } from "./explain.js";
import { byKey, type Operation } from "./history.js";
import type { Model } from "./model.js";
import { type Deepest, Search } from "./search.js";

export type Verdict =
  | { readonly verdict: "linearizable" }
  /** The search was given up. The history may be either. */
  | { readonly verdict: "undecided"; readonly key: string; readonly steps: number }
  /** `explanation`: a few lines for people, with a picture. */
  | { readonly verdict: "broken"; readonly key: string; readonly explanation: string };

export interface CheckLimits {
  /** How many steps of the model are tried for each key before the search is given up. */
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
  { stepsMax = 5_000_000 }: CheckLimits = {},
): Verdict {
  let verdict: Verdict = { verdict: "linearizable" };
  for (const [key, operations] of byKey(history)) {
    const search = new Search(model, operations, stepsMax);
    const found = search.run();
    if (found === "broken")
      return {
        verdict: "broken",
        key,
        explanation: explain(model, key, search.deepest as Deepest<State, Call, Result>),
      };
    if (found === "undecided") verdict = { verdict: "undecided", key, steps: search.steps };
  }
  return verdict;
}

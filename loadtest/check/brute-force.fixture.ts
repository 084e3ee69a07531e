import type { Operation } from "./history.js";
import type { Model } from "./model.js";

/**
 * The definition of linearizability, word by word: tries all orders of all operations whose outcome is
 * known and of any of the others. For a handful of operations only.
 */
export function isLinearizableByDefinition<State, Call, Result>(
  model: Model<State, Call, Result>,
  operations: readonly Operation<Call, Result>[],
  state: State = model.initial,
): boolean {
  if (operations.every(({ result }) => result === undefined)) return true;
  return operations.some((first) => {
    const others = operations.filter((operation) => operation !== first);
    if (others.some((other) => other.returnedAtMs < first.invokedAtMs)) return false;
    const next = model.step(state, first);
    return next !== undefined && isLinearizableByDefinition(model, others, next);
  });
}

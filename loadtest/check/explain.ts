import type { Operation } from "./history.js";
import type { Model } from "./model.js";
import type { Deepest } from "./search.js";
import { drawTimeline } from "./timeline.js";

/** How much of the order that worked is told: what came last matters most. */
const TOLD_MAX = 8;

/** Why no order was found, for people: how far one can come, what cannot follow, and a picture of these. */
export function explain<State, Call, Result>(
  model: Model<State, Call, Result>,
  key: string,
  found: "broken" | "undecided",
  { order, state, next }: Deepest<State, Call, Result>,
): string {
  const tell = (operation: Operation<Call, Result>): string => `  ${operation.process}: ${model.describe(operation)}`;
  const told = order.slice(-TOLD_MAX);
  const left = order.length - told.length;
  return [
    found === "broken"
      ? `No order explains what the clients of ${key} saw. The longest that does as far as it goes:`
      : `The search was given up before it was known whether an order explains what the clients of ${key} saw. The longest found:`,
    ...(left > 0 ? [`  (${left} before these)`] : []),
    ...(order.length === 0 ? ["  (none)"] : told.map(tell)),
    `The state is then ${JSON.stringify(state)}, and one of these would have to come next, but none can:`,
    ...next.map(tell),
    "When each was called and answered:",
    ...drawTimeline([...told, ...next], (operation) => model.describe(operation)),
  ].join("\n");
}

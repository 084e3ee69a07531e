import { asks, asksFor, fault, script } from "../script.js";
import type { Scenario } from "./scenario.js";

/** Bugs of sessions over HTTP that were found, each met again. */
export const HTTP_SESSION_BUGS: readonly Scenario[] = [
  {
    name: "deleted-where-it-was-before",
    rule: "S6",
    text: "A session has moved from p1, which has not heard of that, to p2; its owner deletes it at p1.",
    plan: script({
      faults: [
        fault(2_500, { kind: "cutBus", who: "p1", direction: "both", forMs: 3_000 }),
        fault(2_500, { kind: "lossyLink", who: "p1", call: "renew", where: "before", ratio: 1, forMs: 1_900 }),
      ],
      http: [asks(1_000, "open"), asksFor(1_200), asks(2_600, "keepAlive", "p2"), asks(3_000, "close")],
      steps: [],
    }),
  },
];

import { asks, asksFor, fault, reads, script } from "../script.js";
import type { Scenario } from "./scenario.js";

/**
 * p1, which holds the session, hears of no round. Before it renews its lease, and would be told, its wall clock is moved:
 * it registers anew, with all that it holds, while the master still counts on its old lease.
 */
const REGISTERS_ANEW = [
  fault(4_000, { kind: "cutBus", who: "p1", direction: "both", forMs: 6_000 }),
  fault(4_500, { kind: "stepWall", who: "p1", byMs: 60_000 }),
];
const LOOKS = reads(1_000, 12_000, 100, "r3", "p2");

/** Races of the end of a session with its holder, or with who would be that (rule S6). */
export const SESSION_END_RACES: readonly Scenario[] = [
  {
    name: "deleted-as-its-holder-registers",
    rule: "S6",
    text: "A session is deleted at p2. p1, which holds it, is to hear of it by a round, and registers anew instead.",
    plan: script({
      faults: REGISTERS_ANEW,
      http: [asks(1_000, "open"), asksFor(1_500), asks(4_400, "close", "p2")],
      steps: [LOOKS],
    }),
  },
  {
    name: "moved-as-its-holder-registers",
    rule: "S6",
    text: "A KeepAlive at p2 moves a session away from p1, which registers anew meanwhile; then it is deleted at p2.",
    plan: script({
      faults: REGISTERS_ANEW,
      http: [asks(1_000, "open"), asksFor(1_500), asks(4_400, "keepAlive", "p2"), asks(4_410, "close", "p2")],
      steps: [LOOKS],
    }),
  },
];

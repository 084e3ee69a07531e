import { asks, asksFor, does, fault, opens, reads, script, takes } from "../script.js";
import type { Scenario } from "./scenario.js";

/** p2 is not there when the first clients look for a proxy, so they are at p1. */
const AT_P1 = fault(1, { kind: "crash", who: "p2", downMs: 1_500, machine: false });
/**
 * p1, which holds the session, hears of no round. Before it renews its lease, and would be told, its wall clock is moved:
 * it registers anew, with all that it holds, while the master still counts on its old lease.
 */
const REGISTERS_ANEW = [
  fault(4_000, { kind: "cutBus", who: "p1", direction: "both", forMs: 6_000 }),
  fault(4_500, { kind: "stepWall", who: "p1", byMs: 60_000 }),
];
const LOOKS = reads(1_000, 12_000, 100, "r3", "p2");

/** Races of the end of a session with its holder, or with who is taken for that (rules S6 and S8). */
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
  {
    name: "attached-where-nobody-knows-it",
    rule: "S8",
    text: "p2 never hears the answer by which it got a session, whose client is dead: the digests differ, and it ends.",
    plan: script({
      faults: [
        AT_P1,
        fault(4_000, { kind: "crash", who: "p1", downMs: 60_000, machine: true }),
        fault(4_000, { kind: "lossyLink", who: "p2", call: "execute", where: "after", ratio: 1, forMs: 20_000 }),
      ],
      sessions: [
        opens(500, "s1"),
        takes(600, "s1"),
        does(7_000, "s1", { kind: "die", silently: true }),
        opens(26_000, "s2"),
        takes(26_100, "s2"),
      ],
      steps: [reads(1_000, 30_000, 250, "r3", "master")],
      change: { faultsForMs: 65_000 },
    }),
  },
];

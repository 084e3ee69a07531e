import { acquire, change, ends, fault, looks, opens, quits, reads, script, takes, watches } from "../script.js";
import type { Scenario } from "./scenario.js";

/** p2 is not there when the first clients look for a proxy, so they are at p1. */
const AT_P1 = fault(1, { kind: "crash", who: "p2", downMs: 1_500, machine: false });
const ONE_PROXY = { proxies: [{ name: "p1", rate: 1, fillKeysPerS: 2_000 }] };

/** Bugs of the client library that were found, each met again. */
export const CLIENT_BUGS: readonly Scenario[] = [
  {
    name: "a-refusal-lost-with-its-proxy",
    rule: "P5",
    text: "s2 is refused a lock, and p1 dies before it hears of that: its session is another one at p2, which asks anew.",
    plan: script({
      faults: [
        AT_P1,
        fault(2_990, { kind: "lossyLink", who: "p1", call: "execute", where: "after", ratio: 1, forMs: 500 }),
        fault(3_400, { kind: "crash", who: "p1", downMs: 20_000, machine: false }),
      ],
      sessions: [opens(500, "s1"), takes(1_000, "s1"), opens(2_000, "s2"), takes(3_000, "s2", { wait: false })],
      steps: [],
      change: { faultsForMs: 12_000 },
    }),
  },
  {
    name: "decided-after-all",
    rule: "P5",
    text: "s1 has lost p1, and what it wrote there is decided when its session is another one at p2, which asks anew.",
    plan: script({
      faults: [
        AT_P1,
        fault(2_999, { kind: "slowLink", who: "p1", call: "execute", delayMs: 1_900, forMs: 10 }),
        fault(3_010, { kind: "slowLink", who: "p2", call: "execute", delayMs: 900, forMs: 8_000 }),
        fault(3_005, { kind: "stallSockets", who: "p1", direction: "both", forMs: 10_000, after: "broken" }),
        fault(3_006, { kind: "breakSockets", who: "s1" }),
      ],
      sessions: [opens(500, "s1"), takes(3_000, "s1")],
      steps: [],
      change: { faultsForMs: 15_000 },
    }),
  },
  {
    name: "closed-while-it-waits",
    rule: "P7",
    text: "The master is away; a client that was told to come back later is closed, and settles what was asked of it.",
    plan: script({
      faults: [fault(3_000, { kind: "crash", who: "master", downMs: 25_000, machine: false })],
      sessions: [
        [opens(500, "s1"), takes(3_100, "s1"), quits(21_000, "s1")],
        [watches(500, "s2"), looks(7_000, "s2", "other"), quits(10_000, "s2")],
      ],
      steps: [],
      change: { ...ONE_PROXY, faultsForMs: 30_000 },
    }),
  },
  {
    name: "ended-at-another-door",
    rule: "S6",
    text: "The owner of a session ends it at p2; its client, at p1, is told, and holds nothing from then on.",
    plan: script({
      faults: [AT_P1, fault(4_001, { kind: "stallSockets", who: "s1", direction: "up", forMs: 8_000, after: "whole" })],
      sessions: [opens(500, "s1"), takes(1_000, "s1"), opens(2_000, "s2"), takes(2_200, "s2"), ends(4_002, "s1", "p2")],
      steps: [reads(1_000, 9_000, 250, "r3", "p1")],
      change: { faultsForMs: 15_000 },
    }),
  },
  {
    name: "who-only-listens",
    rule: "P11",
    text: "A client watches a busy lock for longer than any session may be silent, and has nothing to say.",
    plan: script({
      sessions: [watches(500, "s1")],
      steps: [
        acquire(1_000, "w1", "master", { ttlMs: 3_600_000 }),
        Array.from({ length: 35 }, (_, i) => change(5_000 + 10_000 * i, "w1", "master")),
      ],
      change: { ...ONE_PROXY, faultsForMs: 340_000 },
    }),
  },
  {
    name: "a-watch-answered-late",
    rule: "P11",
    text: "The answer to a watch lies in the socket until its client has asked once more: only one of the two lives on.",
    plan: script({
      faults: [fault(3_000, { kind: "stallSockets", who: "s1", direction: "down", forMs: 12_000, after: "whole" })],
      sessions: [watches(500, "s1", { name: "other" }), watches(3_100, "s1", { name: "lock" })],
      steps: [acquire(16_000, "w1", "master")],
      change: { ...ONE_PROXY, faultsForMs: 18_000 },
    }),
  },
];

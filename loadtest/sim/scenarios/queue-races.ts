import { drops, fault, opens, reads, revoke, script, takes } from "../script.js";
import type { Scenario } from "./scenario.js";

/** p2 is not there when the first clients look for a proxy, so they are at p1. */
const AT_P1 = fault(1, { kind: "crash", who: "p2", downMs: 1_500, machine: false });
const LOOKS = reads(1_000, 20_000, 250, "r3", "master");

/** Races of those who wait for a lock (rules S7 and A3). */
export const QUEUE_RACES: readonly Scenario[] = [
  {
    name: "asked-again-for-its-place",
    rule: "S7",
    text: "The answer to a wish is lost, and it is sent again when another one waits behind it: its place is the first.",
    plan: script({
      faults: [
        AT_P1,
        fault(2_990, { kind: "lossyLink", who: "p1", call: "execute", where: "after", ratio: 1, forMs: 500 }),
      ],
      sessions: [
        [opens(500, "s1"), takes(600, "s1"), opens(1_000, "s2"), opens(2_500, "s3")],
        [takes(3_000, "s2"), takes(4_000, "s3"), drops(9_000, "s1"), drops(11_000, "s3"), drops(12_000, "s2")],
      ],
      steps: [LOOKS],
      change: { faultsForMs: 20_000 },
    }),
  },
  {
    name: "revoked-in-the-queue",
    rule: "A3",
    text: "The token of who is next is revoked while it waits: the lock goes to the one behind it.",
    plan: script({
      sessions: [
        [opens(500, "s1"), takes(600, "s1"), opens(1_000, "s2"), takes(1_200, "s2")],
        [opens(1_400, "s3"), takes(1_600, "s3"), drops(5_000, "s1")],
      ],
      steps: [revoke(4_000, "s2"), LOOKS],
      change: { faultsForMs: 20_000 },
    }),
  },
];

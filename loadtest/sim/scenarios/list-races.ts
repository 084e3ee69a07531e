import { acquire, change, fault, lists, reads, release, script } from "../script.js";
import type { Scenario } from "./scenario.js";

/** Both locks are held, and p1 has one of them in its cache. */
const HELD = [
  acquire(1_000, "w1", "master"),
  acquire(1_000, "w2", "master", { lock: "other" }),
  reads(1_200, 6_000, 25, "r1", "p1"),
];
/** One lock changes, and right after it the one that p1 has in its cache. */
const CHANGES = Array.from({ length: 30 }, (_, i) => [
  change(1_500 + 140 * i, "w2", "master", "other"),
  change(1_510 + 140 * i, "w1", "master"),
]).flat();

/** Races of lists with what changes under their prefix (rule R8). */
export const LIST_RACES: readonly Scenario[] = [
  {
    name: "list-while-its-locks-change",
    rule: "R8",
    text: "Lists are on their way to p1 while one lock and then another changes, one of which p1 has in its cache.",
    plan: script({
      faults: [fault(1_450, { kind: "slowLink", who: "p1", call: "fill", delayMs: 120, forMs: 5_000 })],
      steps: [...HELD, CHANGES, lists(1_450, 6_000, 20, "r2", "p1"), lists(1_455, 6_000, 30, "r3", "master")],
    }),
  },
  {
    name: "list-after-a-write",
    rule: "R8",
    text: "A lock is freed, taken and changed at the master, and each time p1 is asked for the list at once.",
    plan: script({
      steps: [
        acquire(1_000, "w1", "master"),
        lists(900, 4_000, 10, "r2", "p1"),
        Array.from({ length: 8 }, (_, i) => [
          change(1_500 + 300 * i, "w1", "master"),
          release(1_600 + 300 * i, "w1", "master"),
          acquire(1_700 + 300 * i, "w1", "master"),
        ]).flat(),
      ],
    }),
  },
  {
    name: "list-over-a-sleeping-proxy",
    rule: "R8",
    text: "A lock changes while p2, which has it in its cache, sleeps: no list shows the change before the read of a lock may.",
    plan: script({
      faults: [fault(1_450, { kind: "pause", who: "p2", forMs: 2_000 })],
      steps: [
        acquire(1_000, "w1", "master"),
        reads(1_200, 6_000, 20, "r1", "p2"),
        change(1_500, "w1", "master"),
        lists(1_400, 6_000, 25, "r2", "p1"),
        lists(1_405, 6_000, 25, "r3", "master"),
      ],
    }),
  },
];

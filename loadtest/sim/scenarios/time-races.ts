import { acquire, fault, reads, script } from "../script.js";
import type { Scenario } from "./scenario.js";

/** From then on somebody else wants the lock. */
const wants = (fromMs: number) =>
  Array.from({ length: 40 }, (_, i) => acquire(fromMs + 100 * i, "w2", "p2", { ttlMs: 2_000 }));

/** Races with the cell's own time (rule T2). */
export const TIME_RACES: readonly Scenario[] = [
  {
    name: "a-ttl-over-a-restart",
    rule: "T2",
    text: "The master is away for longer than a lock's TTL: the lock keeps the time that it had left.",
    plan: script({
      faults: [fault(2_000, { kind: "crash", who: "master", downMs: 5_000, machine: true })],
      steps: [acquire(1_000, "w1", "master", { ttlMs: 4_000 }), wants(7_050), reads(1_100, 13_000, 50, "r2", "p1")],
      change: { faultsForMs: 14_000 },
    }),
  },
  {
    name: "a-wall-clock-that-jumps",
    rule: "T2",
    text: "The master's wall clock is moved on and back under a lock with a TTL, and it is killed and back at once.",
    plan: script({
      faults: [
        fault(2_000, { kind: "stepWall", who: "master", byMs: 60_000 }),
        fault(2_500, { kind: "stepWall", who: "master", byMs: -120_000 }),
        fault(3_500, { kind: "crash", who: "master", downMs: 1, machine: true }),
        fault(4_000, { kind: "stepWall", who: "master", byMs: 60_000 }),
      ],
      steps: [
        acquire(1_000, "w1", "master", { ttlMs: 8_000 }),
        wants(2_010),
        wants(6_100),
        reads(1_100, 13_000, 50, "r2", "p1"),
      ],
      change: { faultsForMs: 14_000 },
    }),
  },
];

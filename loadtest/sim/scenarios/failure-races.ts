import { acquire, change, fault, HELD, reads, release, repeat, script } from "../script.js";
import type { Scenario } from "./scenario.js";

/** Races with restarts, full disks, a dead bus and too many readers (E1, E2, O1, P4, P9, P12). */
export const FAILURE_RACES: readonly Scenario[] = [
  {
    name: "restart-under-a-cache",
    rule: "E1",
    text: "The master is killed and back at once; p1 cannot reach it, and still answers from a lease of the old one.",
    plan: script({
      faults: [
        fault(2_000, { kind: "cutLink", who: "p1", direction: "both", forMs: 6_000 }),
        fault(2_000, { kind: "cutBus", who: "p1", direction: "both", forMs: 6_000 }),
        fault(2_050, { kind: "crash", who: "master", downMs: 1, machine: true }),
      ],
      steps: [
        HELD,
        change(2_100, "w1", "master"),
        reads(2_000, 7_000, 20, "r2", "p1"),
        reads(2_000, 7_000, 30, "r3", "master"),
      ],
    }),
  },
  {
    name: "restart-in-good-order",
    rule: "E2",
    text: "The master is asked to stop while it cannot reach p1: it waits, and the next one waits for nothing.",
    plan: script({
      faults: [
        fault(1_900, { kind: "cutLink", who: "p1", direction: "both", forMs: 6_000 }),
        fault(1_900, { kind: "cutBus", who: "p1", direction: "both", forMs: 6_000 }),
        fault(2_000, { kind: "stop", who: "master", downMs: 1 }),
      ],
      steps: [
        HELD,
        change(2_100, "w1", "p2"),
        reads(2_000, 8_000, 15, "r2", "p1"),
        reads(2_000, 8_000, 20, "r3", "p2"),
      ],
    }),
  },
  {
    name: "stopped-while-starting",
    rule: "E2",
    text: "The master is killed, and its successor asked to stop at once: p1 still counts on the first, so the third must wait.",
    plan: script({
      faults: [
        fault(2_000, { kind: "cutLink", who: "p1", direction: "both", forMs: 6_000 }),
        fault(2_000, { kind: "cutBus", who: "p1", direction: "both", forMs: 6_000 }),
        fault(2_050, { kind: "crash", who: "master", downMs: 1, machine: false }),
        fault(2_200, { kind: "stop", who: "master", downMs: 1 }),
      ],
      steps: [
        HELD,
        change(2_500, "w1", "master"),
        reads(2_000, 7_000, 20, "r2", "p1"),
        reads(2_000, 7_000, 30, "r3", "master"),
      ],
    }),
  },
  {
    name: "killed-while-stopping",
    rule: "E2",
    text: "The master is killed while it waits for its proxies' leases to end: the next one must wait.",
    plan: script({
      faults: [
        fault(1_900, { kind: "cutLink", who: "p1", direction: "both", forMs: 6_000 }),
        fault(2_000, { kind: "stop", who: "master", downMs: 1 }),
        fault(2_500, { kind: "crash", who: "master", downMs: 1, machine: true }),
      ],
      steps: [HELD, change(2_600, "w1", "master"), reads(2_000, 7_000, 20, "r2", "p1")],
    }),
  },
  {
    name: "retried-over-a-restart",
    rule: "O1",
    text: "A release took effect, its answer was lost, and the master died: sent again it is told the same.",
    plan: script({
      faults: [
        fault(1_990, { kind: "lossyLink", who: "p1", call: "execute", where: "after", ratio: 1, forMs: 500 }),
        fault(2_030, { kind: "crash", who: "master", downMs: 50, machine: true }),
      ],
      steps: [
        HELD,
        release(2_000, "w1", "p1"),
        acquire(2_300, "w2", "p2"),
        repeat(6_500, "w1", "p2"),
        repeat(6_600, "w1", "master"),
        reads(2_000, 7_000, 50, "r2", "p2"),
      ],
    }),
  },
  {
    name: "a-disk-that-fills",
    rule: "P4",
    text: "The disk is full in the midst of writes, the master gives up, and the next one knows what was answered.",
    plan: script({
      faults: [fault(2_000, { kind: "diskFull", forMs: 300 })],
      steps: [
        HELD,
        Array.from({ length: 20 }, (_, i) => change(1_900 + 20 * i, "w1", "master")),
        reads(1_900, 7_000, 20, "r2", "p1"),
      ],
    }),
  },
  {
    name: "no-bus-at-all",
    rule: "P9",
    text: "The bus is gone, and rounds travel by renewals.",
    plan: script({
      faults: [fault(1_500, { kind: "busDown", forMs: 8_000 })],
      steps: [
        HELD,
        Array.from({ length: 8 }, (_, i) => change(1_600 + 700 * i, "w1", "p2")),
        reads(1_600, 8_000, 25, "r2", "p1"),
        reads(1_610, 8_000, 30, "r3", "p2"),
      ],
    }),
  },
  {
    name: "a-cold-cache-under-load",
    rule: "P12",
    text: "A proxy with a small budget and no lease is read by everybody: it sheds them.",
    plan: script({
      change: {
        proxies: [
          { name: "p1", rate: 1, fillKeysPerS: 20 },
          { name: "p2", rate: 1, fillKeysPerS: 20 },
        ],
      },
      faults: [fault(1_500, { kind: "lossyLink", who: "p1", call: "renew", where: "before", ratio: 1, forMs: 6_000 })],
      steps: [
        HELD,
        ...["r1", "r2", "r3"].map((by) => reads(4_400, 9_000, 15, by, "p1")),
        change(5_000, "w1", "master"),
      ],
    }),
  },
];

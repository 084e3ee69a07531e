import { acquire, change, fault, HELD, read, reads, script } from "../script.js";
import type { Scenario } from "./scenario.js";

/** Races about who may answer from a cache, and until when (rules L1 to L5). */
export const LEASE_RACES: readonly Scenario[] = [
  {
    name: "lease-over-in-a-pause",
    rule: "L1",
    text: "p1 sleeps through its lease and a change, and is read in the very turn in which it wakes.",
    plan: script({
      faults: [fault(2_000, { kind: "pause", who: "p1", forMs: 4_000 })],
      steps: [
        HELD,
        change(2_100, "w1", "master"),
        reads(5_900, 6_100, 5, "r1", "p1"),
        read(5_999, "r2", "p1"),
        read(5_999, "r3", "p1"),
      ],
    }),
  },
  {
    name: "fill-of-a-lease-that-was-lost",
    rule: "L2",
    text: "The answer to a fill comes when p1 has lost the lease under which it asked, and has another one.",
    plan: script({
      faults: [
        fault(1_502, { kind: "slowLink", who: "p1", call: "fill", delayMs: 900, forMs: 15 }),
        fault(1_520, { kind: "stepWall", who: "p1", byMs: 60_000 }),
      ],
      steps: [
        acquire(1_000, "w1", "master"),
        read(1_500, "r1", "p1"),
        // Asks the lease, which is lost, and makes p1 register anew.
        read(1_521, "r2", "p1", "other"),
        change(1_800, "w1", "master"),
        reads(1_900, 4_000, 50, "r3", "p1"),
      ],
    }),
  },
  {
    name: "older-registration-arrives-later",
    rule: "L2",
    text: "A registration of p1 that was given up arrives after the one that was sent after it.",
    plan: script({
      faults: [
        fault(500, { kind: "slowLink", who: "p1", call: "register", delayMs: 3_900, forMs: 1_510 }),
        fault(502, { kind: "stepWall", who: "p1", byMs: 60_000 }),
      ],
      steps: [HELD, reads(503, 6_000, 100, "r2", "p1"), change(3_000, "w1", "master"), change(4_500, "w1", "master")],
    }),
  },
  {
    name: "renewals-without-acks",
    rule: "L3",
    text: "p1 cannot ack and hears nothing, but its renewals arrive: they must not keep the write waiting.",
    plan: script({
      faults: [
        fault(1_500, { kind: "cutBus", who: "p1", direction: "both", forMs: 8_000 }),
        fault(1_500, { kind: "lossyLink", who: "p1", call: "renew", where: "after", ratio: 1, forMs: 8_000 }),
        fault(1_500, { kind: "lossyLink", who: "p1", call: "register", where: "before", ratio: 1, forMs: 8_000 }),
      ],
      steps: [HELD, change(1_700, "w1", "master"), reads(1_600, 6_000, 40, "r2", "p1")],
    }),
  },
  {
    name: "acks-by-renewals-only",
    rule: "L4",
    text: "The bus takes nothing from p1, and an answer to a renewal that carried an ack is lost: the ack is repeated.",
    plan: script({
      faults: [
        fault(1_500, { kind: "cutBus", who: "p1", direction: "out", forMs: 8_000 }),
        fault(1_600, { kind: "lossyLink", who: "p1", call: "renew", where: "before", ratio: 1, forMs: 900 }),
      ],
      steps: [HELD, change(1_700, "w1", "master"), change(2_500, "w1", "master"), reads(1_600, 6_000, 40, "r2", "p1")],
    }),
  },
  {
    name: "renewal-answered-late",
    rule: "L1",
    text: "Each answer to a renewal comes late, and then none: the lease counts from the sending.",
    plan: script({
      faults: [
        fault(1_500, { kind: "slowLink", who: "p1", call: "renew", delayMs: 900, forMs: 8_000 }),
        fault(4_000, { kind: "cutBus", who: "p1", direction: "both", forMs: 6_000 }),
        fault(4_000, { kind: "lossyLink", who: "p1", call: "renew", where: "before", ratio: 1, forMs: 6_000 }),
      ],
      steps: [
        HELD,
        change(4_100, "w1", "master"),
        reads(4_000, 9_500, 10, "r2", "p1"),
        reads(4_000, 9_500, 10, "r3", "master"),
      ],
    }),
  },
  {
    name: "messages-of-an-old-epoch",
    rule: "L5",
    text: "The bus delivers rounds, acks and events of a master that is gone, with numbers that its successor uses again.",
    plan: script({
      faults: [
        fault(1_900, { kind: "noisyBus", lossRatio: 0, duplicateRatio: 1, delayMs: 5_000, forMs: 400 }),
        fault(2_200, { kind: "crash", who: "master", downMs: 1, machine: false }),
      ],
      steps: [
        HELD,
        [2_000, 2_050, 2_100].map((atMs) => change(atMs, "w1", "master")),
        reads(2_300, 9_000, 60, "r2", "p1"),
        reads(2_300, 9_000, 70, "r3", "p2"),
        [5_400, 5_800, 6_200, 6_600].map((atMs) => change(atMs, "w1", "p2")),
      ],
    }),
  },
];

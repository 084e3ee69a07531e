import type { Step } from "../../clients/step.js";
import { acquire, change, fault, HELD, read, reads, release, renew, script, staleRead } from "../script.js";
import type { Scenario } from "./scenario.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Nothing that goes wrong may hold it up. */
const atOnce = (step: Step): Step => ({ ...step, withinMs: 100 });

/** Past the cache. */
const freshRead = (atMs: number, by: string, door: string): Step => ({
  ...{ kind: "read", lock: "lock", bypass: true },
  ...{ atMs, by, door },
});

/** Ten users take thirty locks each, of which one falls due every 50 ms from 10 s on. */
const EXPIRING: readonly Step[] = Array.from({ length: 300 }, (_, i) => {
  const atMs = 1_000 + 150 * Math.floor(i / 10);
  return acquire(atMs, `w${(i % 10) + 1}`, "master", { lock: `lock-${i}`, ttlMs: 10_000 + 50 * i - atMs });
});

/**
 * Bugs of reads, writes and leases that were found before there was a simulation (`loadtest/bugs.md`). Each of these
 * fails with the cause put back.
 */
export const FOUND_BUGS: readonly Scenario[] = [
  {
    name: "read-of-a-lock-that-is-due",
    rule: "E1",
    text: "A lock falls due while a write of it waits for the leases of the epoch before: reads of it do not wait.",
    plan: script({
      faults: [fault(4_000, { kind: "crash", who: "master", downMs: 1, machine: false })],
      steps: [
        acquire(1_000, "w1", "master", { ttlMs: 5_000 }),
        // Brings the cell's time along.
        acquire(3_950, "w2", "master", { lock: "other" }),
        change(4_200, "w1", "master"),
        reads(4_300, 6_900, 50, "r3", "master").map(atOnce),
      ],
    }),
  },
  {
    name: "one-lost-fill",
    rule: "R2",
    text: "The answer to a fill is lost: misses of other locks by the same token do not wait for it.",
    plan: script({
      faults: [fault(1_999, { kind: "lossyLink", who: "p1", call: "fill", where: "after", ratio: 1, forMs: 21 })],
      steps: [HELD, read(2_000, "r1", "p1", "one"), atOnce(read(2_030, "r2", "p1", "two"))],
    }),
  },
  {
    name: "a-machine-that-slept",
    rule: "P12",
    text: "The machine of p1 sleeps for a minute, of which only its wall clock tells, and is asked for what may be stale.",
    plan: script({
      faults: [
        fault(1_990, { kind: "cutLink", who: "p1", direction: "both", forMs: 78_000 }),
        fault(1_990, { kind: "cutBus", who: "p1", direction: "both", forMs: 78_000 }),
        fault(2_000, { kind: "suspend", who: "p1", forMs: MINUTE_MS }),
      ],
      steps: [
        acquire(1_000, "w1", "master", { ttlMs: HOUR_MS }),
        read(1_200, "r1", "p1"),
        change(3_000, "w1", "master"),
        [0, 500, 1_000, 2_000, 5_000].map((lateMs) => staleRead(62_010 + lateMs, "r2", "p1", 20_000)),
      ],
      change: { faultsForMs: 80_000 },
    }),
  },
  {
    name: "readers-and-another-epoch",
    rule: "P12",
    text: "p1 cannot register at the next master, and is read: its readers are told to come again, and nothing of epochs.",
    plan: script({
      faults: [
        fault(2_000, { kind: "crash", who: "master", downMs: 1, machine: false }),
        fault(2_000, { kind: "lossyLink", who: "p1", call: "register", where: "before", ratio: 1, forMs: 4_000 }),
      ],
      steps: [HELD, freshRead(2_300, "r2", "p1"), freshRead(3_500, "r2", "p1"), reads(2_300, 5_000, 100, "r3", "p1")],
    }),
  },
  {
    name: "behind-a-journal-that-fails",
    rule: "P4",
    text: "The disk is full when a write comes to it, and another one waits behind that: both are told at once.",
    plan: script({
      faults: [fault(1_990, { kind: "diskFull", forMs: 1_000 })],
      steps: [
        HELD,
        atOnce(change(2_000, "w1", "master")),
        atOnce(acquire(2_000, "w2", "master")),
        reads(1_900, 7_000, 50, "r2", "p1"),
      ],
    }),
  },
  {
    name: "wall-clock-set-back",
    rule: "P3",
    text: "The master's wall clock is set back, and a lock is renewed that p1 has in its cache: it expires no earlier.",
    plan: script({
      faults: [fault(2_000, { kind: "stepWall", who: "master", byMs: -30_000 })],
      steps: [
        HELD,
        renew(2_500, "w1", "p1", MINUTE_MS),
        reads(2_600, 3_000, 100, "r2", "p1"),
        acquire(3_500, "w1", "p2", { ttlMs: 2 * MINUTE_MS }),
        reads(3_600, 4_000, 100, "r2", "p1"),
      ],
    }),
  },
  {
    name: "stopped-while-locks-expire",
    rule: "E2",
    text: "The master is asked to stop while a lock falls due every 50 ms, which its slow disk makes one stream of writes.",
    plan: script({
      faults: [fault(9_900, { kind: "stop", who: "master", downMs: 1, withinMs: 6_000 })],
      steps: [EXPIRING],
      change: {
        clients: Array.from({ length: 10 }, (_, i) => ({ name: `w${i + 1}`, user: `w${i + 1}`, rate: 1 })),
        diskWriteMs: 100,
        faultsForMs: 30_000,
      },
    }),
  },
  {
    name: "let-in-again-after-15-minutes",
    rule: "O1",
    text: "A user has written as much as is kept on record; when that is forgotten it may write, also if nobody else does.",
    plan: script({
      steps: [
        ["one", "two", "three"].map((lock, i) => acquire(1_000 + i, "w1", "master", { lock, ttlMs: HOUR_MS })),
        acquire(16 * MINUTE_MS, "w1", "p1", { ttlMs: HOUR_MS }),
        release(17 * MINUTE_MS, "w1", "p1"),
      ],
      change: { operationsPerPrincipal: 3, faultsForMs: 18 * MINUTE_MS },
    }),
  },
];

import type { Step } from "../../clients/step.js";
import { acquire, change, fault, HELD, read, reads, release, renew, script } from "../script.js";
import type { Scenario } from "./scenario.js";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Nothing may hold it up. */
const atOnce = (one: Step): Step => ({ ...one, withinMs: 100 });

/** Races between writes, rounds, fills and refreshes (rules R1 to R7). */
export const ROUND_RACES: readonly Scenario[] = [
  {
    name: "fill-of-a-closed-key",
    rule: "R1",
    text: "While a write waits for p1, which sleeps, p2 is read: it gets the old entry and must not keep it.",
    plan: script({
      faults: [fault(1_500, { kind: "pause", who: "p1", forMs: 2_000 })],
      steps: [
        HELD,
        change(1_600, "w1", "master"),
        reads(1_700, 5_500, 25, "r2", "p2"),
        reads(1_710, 5_500, 30, "r3", "master"),
      ],
    }),
  },
  {
    name: "reader-joins-a-fill-under-way",
    rule: "R2",
    text: "A fill is answered before a write and arrives after it; who came in between may not take its answer.",
    plan: script({
      faults: [
        fault(1_450, { kind: "pause", who: "p2", forMs: 600 }),
        fault(1_504, { kind: "slowLink", who: "p1", call: "fill", delayMs: 1_500, forMs: 12 }),
      ],
      steps: [
        acquire(1_000, "w1", "master"),
        read(1_200, "r3", "p2"),
        change(1_490, "w1", "master"),
        read(1_500, "r1", "p1"),
        read(2_150, "r2", "p1"),
        read(2_160, "r3", "p1"),
      ],
    }),
  },
  {
    name: "expiry-meets-renewal",
    rule: "R3",
    text: "A lock's time is over while its renewal, its release and another's acquire wait in its queue behind a round.",
    plan: script({
      faults: [fault(2_500, { kind: "pause", who: "p1", forMs: 2_500 })],
      steps: [
        acquire(1_000, "w1", "master", { ttlMs: 2_000 }),
        read(1_200, "r1", "p1"),
        change(2_600, "w1", "master"),
        renew(2_700, "w1", "p2", 1_000),
        acquire(2_750, "w2", "p2", { ttlMs: 1_000 }),
        reads(2_500, 8_000, 50, "r2", "p2"),
        release(6_000, "w2", "master"),
      ],
    }),
  },
  {
    name: "two-writes-in-one-turn",
    rule: "R4",
    text: "Two locks change at the same time, one of them held by a proxy that sleeps: each waits for its own.",
    plan: script({
      faults: [fault(1_500, { kind: "pause", who: "p2", forMs: 6_000 })],
      steps: [
        HELD,
        acquire(1_000, "w2", "master", { lock: "other" }),
        read(1_300, "r2", "p2", "other"),
        change(1_600, "w1", "master"),
        change(1_600, "w2", "master", "other"),
        reads(1_590, 3_000, 10, "r3", "p1"),
        reads(1_595, 6_000, 30, "r1", "p1"),
      ],
    }),
  },
  {
    name: "no-round-for-nothing",
    rule: "R4",
    text: "Both proxies sleep, and p1 holds a lock: what fails on it, or changes what nobody holds, waits for neither.",
    plan: script({
      faults: ["p1", "p2"].map((who) => fault(1_500, { kind: "pause", who, forMs: 2_000 })),
      steps: [
        HELD,
        atOnce(acquire(1_600, "w2", "master")),
        atOnce(acquire(1_600, "w1", "master", { lock: "other" })),
        atOnce(release(1_700, "w1", "master", "other")),
        atOnce(release(1_800, "w1", "master", "other")),
        change(1_900, "w1", "master"),
        reads(1_600, 5_500, 25, "r3", "master"),
      ],
    }),
  },
  {
    name: "fill-crosses-a-round",
    rule: "R5",
    text: "The answer to a fill is on its way to p1 when the lock changes: it must not be kept.",
    plan: script({
      faults: [fault(1_504, { kind: "slowLink", who: "p1", call: "fill", delayMs: 800, forMs: 10 })],
      steps: [
        acquire(1_000, "w1", "master"),
        read(1_500, "r1", "p1"),
        change(1_530, "w1", "master"),
        reads(1_600, 4_000, 20, "r2", "p1"),
      ],
    }),
  },
  {
    name: "rounds-late-and-twice",
    rule: "R5",
    text: "Rounds come twice and late, after the fills and refreshes that followed them.",
    plan: script({
      faults: [fault(1_500, { kind: "noisyBus", lossRatio: 0, duplicateRatio: 1, delayMs: 700, forMs: 6_000 })],
      steps: [
        HELD,
        Array.from({ length: 12 }, (_, i) => change(1_600 + 400 * i, "w1", "master")),
        reads(1_600, 8_000, 30, "r2", "p1"),
        reads(1_610, 8_000, 35, "r3", "p2"),
      ],
    }),
  },
  {
    name: "refresh-of-an-earlier-round",
    rule: "R6",
    text: "The event of one change arrives after the round of the next: it must not be installed over that tombstone.",
    plan: script({
      faults: [fault(1_500, { kind: "noisyBus", lossRatio: 0, duplicateRatio: 0, delayMs: 400, forMs: 6_000 })],
      steps: [
        HELD,
        Array.from({ length: 60 }, (_, i) => change(1_600 + 90 * i, "w1", "master")),
        reads(1_600, 8_000, 15, "r2", "p1"),
      ],
    }),
  },
  {
    name: "grant-of-ten-minutes",
    rule: "R7",
    text: "The master has forgotten that p1 may hold the lock, and p1 must know that.",
    plan: script({
      change: { faultsForMs: 11 * MINUTE_MS },
      steps: [
        acquire(1_000, "w1", "master", { ttlMs: HOUR_MS }),
        read(1_200, "r1", "p1"),
        change(5 * MINUTE_MS, "w1", "master"),
        read(9.7 * MINUTE_MS, "r1", "p1"),
        change(10 * MINUTE_MS + 20_000, "w1", "master"),
        reads(10 * MINUTE_MS + 20_100, 10 * MINUTE_MS + 21_000, 50, "r2", "p1"),
      ],
    }),
  },
];

import { acquire, change, fault, grant, HELD, read, reads, renew, revoke, script, staleRead } from "../script.js";
import type { Scenario } from "./scenario.js";

const MINUTE_MS = 60_000;

/** Races about expiries and permissions (rules T1, A1 to A3). */
export const LOCK_AND_TOKEN_RACES: readonly Scenario[] = [
  {
    name: "expiry-under-a-cached-copy",
    rule: "T1",
    text: "A lock expires and is taken by another while p1 reads it from its cache all the time.",
    plan: script({
      change: { masterRate: 1.01, proxies: ["p1", "p2"].map((name) => ({ name, rate: 0.99, fillKeysPerS: 2_000 })) },
      steps: [
        acquire(1_000, "w1", "master", { ttlMs: 2_000 }),
        reads(1_100, 7_000, 15, "r1", "p1"),
        Array.from({ length: 20 }, (_, i) => acquire(2_900 + 20 * i, "w2", "p2", { ttlMs: 2_000 })),
      ],
    }),
  },
  {
    name: "renewal-brings-forward",
    rule: "T1",
    text: "A renewal shortens a lease that p1 believes to be long: that is a change like any other.",
    plan: script({
      steps: [
        acquire(1_000, "w1", "master", { ttlMs: MINUTE_MS }),
        reads(1_100, 6_000, 15, "r1", "p1"),
        renew(2_000, "w1", "master", 1_000),
        Array.from({ length: 20 }, (_, i) => acquire(2_900 + 20 * i, "w2", "p2", { ttlMs: 5_000 })),
      ],
    }),
  },
  {
    name: "revoked-while-cached",
    rule: "A1",
    text: "A token is revoked that every proxy has in its cache, with p1 asleep and p2 without a bus.",
    plan: script({
      faults: [
        fault(1_500, { kind: "pause", who: "p1", forMs: 2_000 }),
        fault(1_500, { kind: "cutBus", who: "p2", direction: "both", forMs: 5_000 }),
      ],
      steps: [
        HELD,
        read(1_300, "r2", "p2"),
        revoke(1_600, "w1"),
        reads(1_400, 6_000, 20, "r2", "p2"),
        reads(1_450, 6_000, 25, "r3", "p1"),
      ],
    }),
  },
  {
    name: "revoked-while-its-write-waits",
    rule: "A3",
    text: "A write waits for p1, which sleeps, and its token, which p1 has not, is revoked meanwhile: it is refused.",
    plan: script({
      faults: [fault(1_500, { kind: "pause", who: "p1", forMs: 2_000 })],
      steps: [
        acquire(1_000, "w2", "master"),
        read(1_200, "r1", "p1"),
        change(1_600, "w2", "master"),
        revoke(1_700, "w2"),
        grant(7_000, "w2"),
        reads(7_100, 8_000, 50, "r2", "p2"),
      ],
    }),
  },
  {
    name: "stale-by-request",
    rule: "P10",
    text: "p1 has lost its lease and answers who accepts staleness: with what was true within the time that they named.",
    plan: script({
      faults: [
        fault(1_500, { kind: "cutLink", who: "p1", direction: "both", forMs: 8_000 }),
        fault(1_500, { kind: "cutBus", who: "p1", direction: "both", forMs: 8_000 }),
      ],
      steps: [
        HELD,
        change(2_000, "w1", "master"),
        Array.from({ length: 60 }, (_, i) =>
          staleRead(1_600 + 130 * i, "r2", "p1", [0, 500, 2_000, 60_000][i % 4] as number),
        ),
      ],
    }),
  },
  {
    name: "granted-again-while-starting",
    rule: "P10",
    text: "A start revokes a token, which waits for the leases of the epoch before; before that is done the token is back.",
    plan: script({
      faults: [fault(2_000, { kind: "crash", who: "master", downMs: 100, machine: false })],
      steps: [HELD, revoke(2_050, "w1"), grant(2_500, "w1"), reads(5_500, 9_000, 50, "r2", "master")],
    }),
  },
  {
    name: "revoked-over-a-restart",
    rule: "E1",
    text: "A token is revoked while the master is away; p1, cut off, still lets it in by a lease of the epoch before.",
    plan: script({
      faults: [
        fault(2_000, { kind: "cutLink", who: "p1", direction: "both", forMs: 6_000 }),
        fault(2_000, { kind: "cutBus", who: "p1", direction: "both", forMs: 6_000 }),
        fault(2_050, { kind: "crash", who: "master", downMs: 200, machine: false }),
      ],
      steps: [HELD, revoke(2_100, "w1"), reads(2_000, 7_000, 20, "r2", "p1")],
    }),
  },
];

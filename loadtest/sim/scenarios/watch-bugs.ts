import { LIMITS } from "../../../shared/protocol/limits.js";
import { acquire, CALM, change, does, fault, looks, opens, script, takes, watches } from "../script.js";
import type { Scenario } from "./scenario.js";

const ONE_PROXY = { proxies: [{ name: "p1", rate: 1, fillKeysPerS: 2_000 }] };
/** p2 is not there when the first clients look for a proxy, so they are at p1. */
const p2ComesAfter = (downMs: number) => fault(1, { kind: "crash", who: "p2", downMs, machine: false });
const HOUR_MS = 3_600_000;
/** As long as metadata may be. */
const LONG = { metadata: "鎖".repeat(LIMITS.metadataCharsMax), ttlMs: HOUR_MS };
/** What a gateway sends takes a while, and as much room as it does. */
const AT_FULL_SIZE = { noise: { ...CALM, socket: { delayMs: 40 } }, byteWeight: 1 };

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `many/${i}`);

/** Bugs of watches that were found, each met again. */
export const WATCH_BUGS: readonly Scenario[] = [
  {
    name: "on-after-a-hole",
    rule: "P11",
    text: "p1 misses changes that a new master cannot tell; who comes there later from p2 must not go on over them.",
    plan: script({
      faults: [
        p2ComesAfter(1_500),
        fault(3_500, { kind: "crash", who: "p1", downMs: 1_500, machine: false }),
        // p1 hears of no change, and its questions are lost until nobody knows the answer any more.
        fault(9_900, { kind: "cutBus", who: "p1", direction: "in", forMs: 4_000 }),
        fault(9_900, { kind: "lossyLink", who: "p1", call: "events", where: "before", ratio: 1, forMs: 4_000 }),
        fault(9_950, { kind: "pause", who: "s1", forMs: 9_000 }),
        fault(9_960, { kind: "crash", who: "p2", downMs: 20_000, machine: true }),
        fault(12_000, { kind: "restore", downMs: 200 }),
      ],
      sessions: [watches(2_500, "s1", { name: "lock" }), watches(8_000, "s2", { name: "lock" })],
      steps: [acquire(1_000, "w1", "master"), [10_000, 10_800, 22_000].map((atMs) => change(atMs, "w1", "master"))],
      change: { faultsForMs: 32_000 },
    }),
  },
  {
    name: "a-watch-of-a-closed-socket",
    rule: "A2",
    text: "A socket closes while its gateway looks up the token for a watch: that watch is not opened.",
    plan: script({
      faults: [
        // p1 loses its lease, and with it the token's entry.
        fault(3_000, { kind: "stepWall", who: "p1", byMs: 60_000 }),
        fault(3_050, { kind: "slowLink", who: "p1", call: "fill", delayMs: 900, forMs: 2_000 }),
        fault(3_200, { kind: "breakSockets", who: "s1" }),
      ],
      sessions: [watches(500, "s1", { name: "other" }), watches(3_100, "s1", { name: "lock" })],
      steps: [],
      change: ONE_PROXY,
    }),
  },
  {
    name: "unwatched-without-a-lease",
    rule: "P12",
    text: "A watch is given up while its gateway lets nobody in, since it cannot ask the master: it ends afterwards.",
    plan: script({
      faults: [fault(3_000, { kind: "crash", who: "master", downMs: 4_500, machine: false })],
      sessions: [watches(500, "s1"), does(6_500, "s1", { kind: "unwatch" })],
      steps: [],
      change: ONE_PROXY,
    }),
  },
  {
    name: "watches-of-many-locks",
    rule: "P11",
    text: "A client has several watches of many locks with long metadata: their snapshots come as it reads them.",
    plan: script({
      sessions: [["m", "ma", "man", "many", "many/"].map((prefix) => watches(4_000, "s1", { prefix }))],
      steps: [names(130).map((lock, i) => acquire(1_000 + i, "w1", "master", { ...LONG, lock }))],
      change: { ...ONE_PROXY, ...AT_FULL_SIZE },
    }),
  },
  {
    name: "a-snapshot-over-a-mebibyte",
    rule: "P11",
    text: "A snapshot is larger than all that may wait for a client; what it asks meanwhile is answered all the same.",
    plan: script({
      sessions: [
        watches(500, "s1", { name: "other" }),
        watches(4_000, "s1", { prefix: "many/" }),
        Array.from({ length: 40 }, (_, i) => looks(4_000 + 2 * i, "s1", "other")),
      ],
      steps: [names(350).map((lock, i) => acquire(1_000 + i, "w1", "master", { ...LONG, lock }))],
      change: { ...ONE_PROXY, ...AT_FULL_SIZE },
    }),
  },
  {
    name: "too-large-for-the-bus",
    rule: "W1",
    text: "A session is closed that held more locks than a message of the bus can tell of; a watcher is told at once.",
    plan: script({
      sessions: [
        watches(500, "s2"),
        opens(600, "s1"),
        names(120).map((lock) => takes(1_000, "s1", { lock })),
        does(4_400, "s1", { kind: "leave" }),
      ],
      steps: [],
      change: ONE_PROXY,
    }),
  },
  {
    name: "many-who-start-over",
    rule: "P12",
    text: "A proxy dies; its watches come from many revisions that nobody can tell any more, and the master is asked little.",
    plan: script({
      faults: [
        p2ComesAfter(6_000),
        fault(5_000, { kind: "restore", downMs: 200 }),
        fault(5_010, { kind: "crash", who: "p1", downMs: 20_000, machine: false }),
      ],
      sessions: [names(40).map((name) => watches(500, "s1", { name }))],
      steps: [names(40).map((lock, i) => acquire(1_000 + i, "w1", "master", { lock, ttlMs: HOUR_MS }))],
      change: { faultsForMs: 15_000 },
    }),
  },
];

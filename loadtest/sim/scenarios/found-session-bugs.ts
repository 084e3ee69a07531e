import type { Step } from "../../clients/step.js";
import type { CallName, Fault } from "../plan.js";
import { acquire, change, does, drops, fault, opens, reads, script, takes } from "../script.js";
import type { HttpSessionStep } from "../sessions/session-action.js";
import type { Scenario } from "./scenario.js";

const MINUTE_MS = 60_000;
const proxies = (...names: string[]) => names.map((name) => ({ name, rate: 1, fillKeysPerS: 2_000 }));
/** p1 is the only one when the first clients look for a proxy. */
const AT_P1 = fault(1, { kind: "crash", who: "p2", downMs: 1_500, machine: false });
const HOLDS = [opens(500, "s1"), takes(2_000, "s1")];

/** Clients of the library. */
const CROWD = Array.from({ length: 16 }, (_, i) => `s${i + 1}`);

/** A process is killed, and the others notice at once. */
const killed = (atMs: number, who: string, downMs: number): Fault =>
  fault(atMs, { kind: "crash", who, downMs, machine: false });

/** The proxy reaches nobody but its clients. */
const cutOff = (atMs: number, who: string, forMs: number): Fault[] => [
  fault(atMs, { kind: "cutLink", who, direction: "both", forMs }),
  fault(atMs, { kind: "cutBus", who, direction: "both", forMs }),
];

const heldBack = (atMs: number, who: string, call: CallName, untilMs: number): Fault =>
  fault(atMs, { kind: "stallLink", who, call, where: "requests", forMs: untilMs - atMs });

/** Somebody who takes the lock as soon as it is free. */
const wants = (fromMs: number, untilMs: number): Step[] =>
  Array.from({ length: (untilMs - fromMs) / 100 }, (_, i) => acquire(fromMs + 100 * i, "w1", "master"));

/** What is done, without when, where and by whom. */
type Deed<S> = S extends HttpSessionStep ? Omit<S, "atMs" | "door" | "by"> : never;

const http = (atMs: number, door: string, deed: Deed<HttpSessionStep>): HttpSessionStep =>
  ({ ...deed, atMs, door, by: "h1" }) as HttpSessionStep;
/** h1 shows the token of `user`. */
const ownedBy = (user: string) => ({ httpClients: [{ name: "h1", user, rate: 1 }] });

/**
 * Bugs of sessions that were found by review or by real processes (`loadtest/bugs.md`). Each of these fails with the
 * cause put back.
 */
export const FOUND_SESSION_BUGS: readonly Scenario[] = [
  {
    name: "a-first-answer-that-was-lost",
    rule: "S1",
    text: "The answer that anchors a session is lost, its client goes to p2, and p1 is answered in the end: it takes nothing back.",
    plan: script({
      faults: [
        AT_P1,
        fault(1_990, { kind: "lossyLink", who: "p1", call: "execute", where: "after", ratio: 1, forMs: 5_610 }),
        fault(2_100, { kind: "lossyLink", who: "p1", call: "renew", where: "before", ratio: 1, forMs: 5_500 }),
        heldBack(2_100, "p1", "register", 7_600),
        fault(4_500, { kind: "breakSockets", who: "p1" }),
        ...cutOff(7_630, "p2", 20_000),
        // It cannot come back to p1 in time.
        fault(10_700, { kind: "stallSockets", who: "s1", direction: "both", forMs: 15_000, after: "broken" }),
      ],
      sessions: [HOLDS],
      steps: [wants(11_000, 25_000)],
      change: { faultsForMs: 30_000 },
    }),
  },
  {
    name: "ended-while-it-moves",
    rule: "S6",
    text: "A resume at p2 is on its way to a slow disk when its owner ends the session: it lives on nowhere.",
    plan: script({
      faults: [AT_P1, fault(4_000, { kind: "breakSockets", who: "s1" }), heldBack(4_001, "p2", "execute", 6_100)],
      sessions: [HOLDS],
      http: [http(6_115, "master", { kind: "end", whose: "s1" })],
      steps: [wants(6_500, 12_000)],
      change: { ...ownedBy("s1"), diskWriteMs: 200, faultsForMs: 20_000 },
    }),
  },
  {
    name: "dead-with-the-master",
    rule: "P7",
    text: "A client dies around a restart of the master: it is cleaned up a session lease later, without grace.",
    plan: script({
      faults: [killed(12_000, "master", 100)],
      sessions: [HOLDS, does(11_990, "s1", { kind: "die", silently: true })],
      steps: [reads(11_000, 25_000, 500, "r3", "p1")],
      change: { proxies: proxies("p1"), graceMs: 45_000, faultsForMs: 30_000 },
    }),
  },
  {
    name: "many-dead-at-once",
    rule: "P7",
    text: "More clients die in one moment than a renewal of their proxy reports: all are cleaned up in time.",
    plan: script({
      sessions: CROWD.map((who) => [
        opens(500, who),
        takes(2_000, who, { lock: who }),
        does(11_990, who, { kind: "die", silently: true }),
      ]),
      steps: [reads(11_000, 25_000, 500, "r3", "p1")],
      change: {
        proxies: proxies("p1").map((proxy) => ({ ...proxy, endsReportedMax: 2 })),
        sessionClients: CROWD.map((name) => ({ name, user: name, rate: 1 })),
        faultsForMs: 30_000,
      },
    }),
  },
  {
    name: "a-resume-that-was-given-up",
    rule: "S3",
    text: "A resume at p2 that its client gave up arrives when it lives at p3, which hears of nothing.",
    plan: script({
      faults: [
        AT_P1,
        killed(1, "p3", 6_000),
        heldBack(2_900, "p2", "execute", 9_040),
        killed(3_000, "p1", 60_000),
        fault(6_100, { kind: "breakSockets", who: "s1" }),
        ...cutOff(9_030, "p3", 20_000),
        // It cannot come back to p2 in time.
        fault(12_000, { kind: "stallSockets", who: "s1", direction: "both", forMs: 15_000, after: "broken" }),
      ],
      sessions: [HOLDS],
      steps: [wants(9_000, 25_000)],
      change: { proxies: proxies("p1", "p2", "p3"), faultsForMs: 30_000 },
    }),
  },
  {
    name: "a-place-looked-up-too-soon",
    rule: "S7",
    text: "p1 has missed commits and looks its clients' places up, one of which is taken before the answer comes.",
    plan: script({
      faults: [
        fault(2_400, { kind: "cutBus", who: "p1", direction: "in", forMs: 1_500 }),
        heldBack(2_505, "p1", "execute", 4_100),
        fault(2_505, { kind: "stallLink", who: "p1", call: "fill", where: "replies", forMs: 1_795 }),
      ],
      sessions: [
        HOLDS,
        opens(600, "s2"),
        takes(2_100, "s2", { lock: "third" }),
        takes(2_510, "s2"),
        drops(6_000, "s1"),
      ],
      steps: [
        acquire(1_000, "w1", "master", { lock: "other" }),
        Array.from({ length: 30 }, (_, i) => change(2_420 + 2 * i, "w1", "master", "other")),
      ],
      change: { proxies: proxies("p1"), commitsKept: 5 },
    }),
  },
  {
    name: "no-room-for-a-resume",
    rule: "P6",
    text: "A user has written as much as is kept on record, and the proxy of its session dies: it goes on at p2.",
    plan: script({
      faults: [AT_P1, fault(4_000, { kind: "crash", who: "p1", downMs: 20_000, machine: false })],
      sessions: [
        HOLDS,
        [1, 2, 3, 4].map((i) => does(2_500 + 100 * i, "s1", { kind: "mark", lock: "lock", metadata: `mark ${i}` })),
      ],
      steps: [],
      change: { operationsPerPrincipal: 5, outlive: ["s1"], faultsForMs: 30_000 },
    }),
  },
  {
    name: "deleted-where-it-was",
    rule: "S6",
    text: "A session has moved to p2, of which p1 has not heard; its owner deletes it at p1.",
    plan: script({
      faults: (["register", "renew"] as const).map((call) =>
        fault(2_500, { kind: "lossyLink", who: "p1", call, where: "before", ratio: 1, forMs: 5_000 }),
      ),
      http: [
        http(2_000, "p1", { kind: "open" }),
        http(6_200, "p2", { kind: "keepAlive" }),
        http(6_500, "p1", { kind: "close" }),
      ],
      steps: [],
      change: { faultsForMs: 20_000 },
    }),
  },
  {
    name: "a-session-that-became-another",
    rule: "P5",
    text: "A session that nobody has heard of becomes another one at p2; then its first write arrives, and then that of the other.",
    plan: script({
      faults: [
        AT_P1,
        heldBack(1_990, "p1", "execute", 5_012),
        killed(2_100, "p1", 20_000),
        heldBack(2_101, "p2", "execute", 5_000),
      ],
      sessions: [HOLDS],
      steps: [],
      change: { faultsForMs: 30_000 },
    }),
  },
  {
    name: "a-place-that-outlives-its-answer",
    rule: "S7",
    text: "Somebody waits for longer than answers are kept; another session of the same user takes that wish back, and p1 dies.",
    plan: script({
      faults: [AT_P1, killed(16.5 * MINUTE_MS, "p1", 10_000)],
      sessions: [HOLDS, opens(600, "s2"), takes(3_000, "s2"), drops(17 * MINUTE_MS, "s1")],
      http: [
        http(16 * MINUTE_MS, "p2", { kind: "open" }),
        http(16 * MINUTE_MS + 1_000, "p2", {
          kind: "takeBack",
          whose: "s2",
          lock: "lock",
        }),
      ],
      steps: [],
      change: { ...ownedBy("s2"), faultsForMs: 18 * MINUTE_MS },
    }),
  },
];

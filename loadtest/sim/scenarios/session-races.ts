import {
  acquire,
  change,
  does,
  drops,
  fault,
  opens,
  reads,
  release,
  revoke,
  script,
  takes,
  watches,
} from "../script.js";
import type { Scenario } from "./scenario.js";

const ONE_PROXY = { proxies: [{ name: "p1", rate: 1, fillKeysPerS: 2_000 }] };
/** p2 is not there when the first clients look for a proxy, so they are at p1. */
const AT_P1 = fault(1, { kind: "crash", who: "p2", downMs: 1_500, machine: false });
/** `s1` holds the lock, and `s2` waits for it. */
const HELD = [opens(500, "s1"), takes(600, "s1"), opens(1_000, "s2"), takes(1_200, "s2")];
const LOOKS = reads(1_000, 30_000, 250, "r3", "p1");

/** Races of sessions that hold locks, and of those who wait or watch (S1 to S8, A2, W1, P6, P7, P11). */
export const SESSION_RACES: readonly Scenario[] = [
  {
    name: "a-late-report",
    rule: "S1",
    text: "Nothing moves on the sockets of p1. Its client goes on at p2, and p1 reports that it fell silent.",
    plan: script({
      faults: [
        AT_P1,
        fault(3_000, { kind: "stallSockets", who: "p1", direction: "both", forMs: 16_000, after: "broken" }),
      ],
      sessions: [HELD, drops(25_000, "s1")],
      steps: [LOOKS],
      change: { faultsForMs: 30_000 },
    }),
  },
  {
    name: "a-proxy-dies",
    rule: "P6",
    text: "The machine of p1 loses its power under a session that holds a lock and one that waits: both go on at p2.",
    plan: script({
      faults: [AT_P1, fault(4_000, { kind: "crash", who: "p1", downMs: 20_000, machine: true })],
      sessions: [HELD, drops(15_000, "s1")],
      steps: [LOOKS],
      change: { faultsForMs: 30_000 },
    }),
  },
  {
    name: "a-client-dies",
    rule: "P7",
    text: "A client loses its power while nothing else is wrong: its lock is the next one's within lease and 2 s.",
    plan: script({
      sessions: [HELD, opens(12_000, "s3"), takes(12_100, "s3"), does(15_000, "s1", { kind: "die", silently: true })],
      steps: [LOOKS],
      change: { ...ONE_PROXY, faultsForMs: 30_000 },
    }),
  },
  {
    name: "client-and-proxy-die",
    rule: "P7",
    text: "A client dies together with its proxy: its lock comes free after proxy lease, session lease and grace.",
    plan: script({
      faults: [AT_P1, fault(6_001, { kind: "crash", who: "p1", downMs: 30_000, machine: true })],
      sessions: [HELD, does(6_000, "s1", { kind: "die", silently: true })],
      steps: [LOOKS],
    }),
  },
  {
    name: "a-proxy-without-a-lease",
    rule: "S2",
    text: "p1 cannot reach the master until its sessions are given up. Its client may believe in nothing meanwhile.",
    plan: script({
      faults: [fault(4_000, { kind: "cutLink", who: "p1", direction: "both", forMs: 24_000 })],
      sessions: [opens(500, "s1"), takes(600, "s1")],
      steps: [acquire(16_000, "w1", "master"), acquire(20_000, "w2", "master"), release(26_000, "w1", "master")],
      change: { ...ONE_PROXY, faultsForMs: 30_000 },
    }),
  },
  {
    name: "a-proxy-that-stands-still",
    rule: "S5",
    text: "p1 stands still for longer than a session lease, and finds the KeepAlives of that time in its sockets.",
    plan: script({
      faults: [fault(4_000, { kind: "pause", who: "p1", forMs: 7_500 })],
      sessions: [HELD],
      steps: [LOOKS],
      change: { ...ONE_PROXY, faultsForMs: 30_000 },
    }),
  },
  {
    name: "a-client-that-stands-still",
    rule: "S4",
    text: "A program stands still while it holds a lock, and the next one gets it: on waking up it holds nothing.",
    plan: script({
      faults: [AT_P1, fault(4_000, { kind: "pause", who: "s1", forMs: 12_000 })],
      sessions: [HELD],
      steps: [LOOKS],
      change: { faultsForMs: 30_000 },
    }),
  },
  {
    name: "answers-that-come-late",
    rule: "S3",
    text: "The answers to a client's KeepAlives lie in its socket until another one has its lock.",
    plan: script({
      faults: [
        AT_P1,
        fault(4_000, { kind: "stallSockets", who: "s1", direction: "both", forMs: 7_500, after: "whole" }),
      ],
      sessions: [HELD],
      steps: [LOOKS],
      change: { faultsForMs: 30_000 },
    }),
  },
  {
    name: "anchored-and-gone",
    rule: "S1",
    text: "The answer to the write that anchors a session comes when p1 has found its client silent, which is elsewhere.",
    plan: script({
      faults: [
        AT_P1,
        fault(1_990, { kind: "lossyLink", who: "p1", call: "execute", where: "after", ratio: 1, forMs: 8_500 }),
        fault(2_100, { kind: "cutLink", who: "p1", direction: "both", forMs: 2_500 }),
        fault(2_200, { kind: "stallSockets", who: "p1", direction: "both", forMs: 20_000, after: "broken" }),
      ],
      sessions: [opens(500, "s1"), takes(2_000, "s1"), opens(12_000, "s2"), takes(12_100, "s2")],
      steps: [reads(1_000, 30_000, 250, "r3", "p2")],
      change: { faultsForMs: 30_000 },
    }),
  },
  {
    name: "a-restart-of-the-master",
    rule: "S5",
    text: "The master is away for longer than a session lease: its proxies' sessions are claimed, and none is lost.",
    plan: script({
      faults: [AT_P1, fault(4_000, { kind: "crash", who: "master", downMs: 9_000, machine: true })],
      sessions: [HELD, drops(22_000, "s1")],
      steps: [LOOKS],
      change: { faultsForMs: 30_000 },
    }),
  },
  {
    name: "given-up-as-it-is-granted",
    rule: "S7",
    text: "A wish is taken back in the very moment in which the lock comes free, and another one waits behind it.",
    plan: script({
      sessions: [
        HELD,
        opens(2_000, "s3"),
        takes(2_200, "s3"),
        drops(5_000, "s1"),
        does(5_010, "s2", { kind: "giveUp", lock: "lock" }),
      ],
      steps: [LOOKS],
    }),
  },
  {
    name: "a-session-is-closed",
    rule: "S2",
    text: "A session is closed at the very moment in which its client takes another lock.",
    plan: script({
      sessions: [
        HELD,
        takes(5_000, "s1", { lock: "other" }),
        does(5_003, "s1", { kind: "leave" }),
        takes(5_500, "s2", { lock: "other" }),
      ],
      steps: [LOOKS],
    }),
  },
  {
    name: "told-to-leave",
    rule: "P6",
    text: "p1 is asked to stop, and its clients leave it in order, with the lock and the place in its queue.",
    plan: script({
      faults: [AT_P1, fault(5_000, { kind: "stop", who: "p1", downMs: 5_000 })],
      sessions: [HELD, drops(12_000, "s1")],
      steps: [LOOKS],
      change: { drainMs: 3_000, faultsForMs: 20_000 },
    }),
  },
  {
    name: "a-watcher-and-a-lossy-bus",
    rule: "W1",
    text: "The bus loses all that it is told while a watched lock changes; then the master dies, and then the proxy.",
    plan: script({
      faults: [
        AT_P1,
        fault(2_000, { kind: "noisyBus", lossRatio: 1, duplicateRatio: 0, delayMs: 1, forMs: 6_000 }),
        fault(5_000, { kind: "crash", who: "master", downMs: 100, machine: true }),
        fault(7_000, { kind: "crash", who: "p1", downMs: 4_000, machine: true }),
      ],
      sessions: [watches(500, "s1"), opens(900, "s2"), takes(1_200, "s2", { lock: "other" })],
      steps: [
        acquire(1_500, "w1", "master"),
        Array.from({ length: 30 }, (_, i) => change(1_900 + 200 * i, "w1", "master")),
      ],
      change: { faultsForMs: 12_000 },
    }),
  },
  {
    name: "a-watcher-without-leave",
    rule: "A2",
    text: "A token is revoked on whose socket a watch is open and a session waits: nothing is told it any more.",
    plan: script({
      sessions: [HELD, watches(700, "s1"), watches(1_300, "s2")],
      steps: [
        acquire(1_500, "w1", "master", { lock: "other" }),
        revoke(4_000, "s2"),
        Array.from({ length: 30 }, (_, i) => change(3_950 + 10 * i, "w1", "master", "other")),
      ],
    }),
  },
];

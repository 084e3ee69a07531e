import { describe, expect, it } from "vitest";
import type { LockView } from "../../client/watch/items.js";
import { lateEnds } from "./dead-clients.js";
import { lostSessions } from "./lost-sessions.js";
import { brokenExclusion } from "./mutual-exclusion.js";
import { overtakings } from "./queue-order.js";
import { growingRenewals } from "./renewals.js";
import { changedSessionAnswers } from "./session-answers.js";
import type { Renewal, SessionLife, Watched } from "./session-evidence.js";
import { commit } from "./true-commit.fixture.js";
import { silentGaps } from "./watch-gaps.js";

const NEVER = Number.POSITIVE_INFINITY;

const session = (some: Partial<SessionLife> = {}): SessionLife => ({
  ...{
    sessionId: "s",
    client: "s1",
    user: "s1",
    leaseMs: 10_000,
    attachment: 7,
    resumeSentMs: Number.NEGATIVE_INFINITY,
  },
  ...{ signs: [{ sentMs: 1_000, life: "p1-1" }], closedMs: NEVER, toldOverMs: NEVER, diedMs: NEVER },
  ...some,
});

describe("P1 for locks of sessions: what clients hold by their own leases", () => {
  const held = (client: string, fencingToken: number, fromMs: number, untilMs: number, lock = "a") => ({
    ...{ lock, client, fencingToken, fromMs, untilMs },
  });
  const read = {
    ...{ process: "r", key: "lock/a", result: undefined, call: { kind: "read" as const } },
    ...{ invokedAtMs: 0, returnedAtMs: NEVER },
  };

  it("finds two who hold one lock at one instant", () => {
    const broken = brokenExclusion([read], [held("s1", 1, 0, 10), held("s2", 2, 10 - 1e-9, 20)]);
    expect(broken).toEqual([expect.stringContaining("s1 and s2 both held lock/a")]);
    expect(brokenExclusion([read], [held("s1", 1, 0, 10), held("s2", 2, 5, 5)])).toHaveLength(1);
  });

  it("allows one after the other, another lock, and one grant that was seen twice", () => {
    expect(brokenExclusion([read], [held("s1", 1, 0, 10), held("s2", 2, 11, 20)])).toEqual([]);
    expect(brokenExclusion([read], [held("s1", 1, 0, 10), held("s2", 2, 5, 20, "b")])).toEqual([]);
    expect(brokenExclusion([read], [held("s1", 1, 0, 10), held("s1", 1, 5, 20)])).toEqual([]);
  });
});

describe("P6: sessions that were lost", () => {
  const terms = { lifeEnds: [], graceMs: 20_000 };

  it("finds one that ended before its lease was over, counted from the last request that was answered", () => {
    const lost = lostSessions([session()], [{ sessionId: "s", atMs: 10_000 }], terms);
    expect(lost).toEqual([expect.stringContaining("was ended at 10000 ms")]);
    expect(lostSessions([session()], [{ sessionId: "s", atMs: 11_000 }], terms)).toEqual([]);
  });

  it("finds one that was not given lease and grace after its proxy had died", () => {
    const died = { ...terms, lifeEnds: [{ life: "p1-1", atMs: 5_000, leaseRanMs: 4_500 }] };
    const end = (atMs: number) => [{ sessionId: "s", atMs }];
    expect(lostSessions([session()], end(33_000), died)).toHaveLength(1);
    expect(lostSessions([session()], end(34_000), died)).toEqual([]);
    for (const other of [{ resumeSentMs: 6_000 }, { diedMs: 20_000 }, { attachment: null }]) {
      expect(lostSessions([session(other)], end(33_000), died)).toEqual([]);
    }
    expect(lostSessions([session({ signs: [{ sentMs: 1_000, life: "p2-1" }] })], end(33_000), died)).toEqual([]);
  });

  it("finds one that its client was told is over, and that the cell has not ended", () => {
    expect(lostSessions([session({ toldOverMs: 9_000 })], [], terms)).toHaveLength(1);
    expect(lostSessions([session({ toldOverMs: 9_000, closedMs: 8_000 })], [], terms)).toEqual([]);
    expect(lostSessions([session({ toldOverMs: 12_000 })], [{ sessionId: "s", atMs: 11_500 }], terms)).toEqual([]);
  });
});

describe("P7: dead clients", () => {
  const dead = session({ diedMs: 2_000 });
  const quiet = { troubles: [], endMs: 100_000 };

  it("finds one whose session lived on", () => {
    expect(lateEnds([dead], [{ sessionId: "s", atMs: 15_000 }], quiet)).toHaveLength(1);
    expect(lateEnds([dead], [], quiet)).toHaveLength(1);
    expect(lateEnds([dead], [{ sessionId: "s", atMs: 14_000 }], quiet)).toEqual([]);
  });

  it("counts anew from a restart of the master", () => {
    const restarted = { troubles: [{ fromMs: 2_100, untilMs: 6_000, isRestart: true }], endMs: 100_000 };
    expect(lateEnds([dead], [{ sessionId: "s", atMs: 18_000 }], restarted)).toEqual([]);
    expect(lateEnds([dead], [{ sessionId: "s", atMs: 19_000 }], restarted)).toHaveLength(1);
    const moving = { ...dead, resumeSentMs: 1_500 };
    expect(lateEnds([moving], [], restarted)).toEqual([]);
    const later = { troubles: [{ fromMs: 15_000, untilMs: 16_000, isRestart: true }], endMs: 100_000 };
    expect(lateEnds([dead], [{ sessionId: "s", atMs: 15_000 }], later)).toHaveLength(1);
  });

  it("asks nothing of one who lives, who closed, who was never anchored, or around whom something was wrong", () => {
    const others = [
      session(),
      session({ diedMs: 2_000, closedMs: 1_500 }),
      session({ diedMs: 2_000, attachment: null }),
    ];
    expect(lateEnds(others, [], quiet)).toEqual([]);
    expect(lateEnds([dead], [], { troubles: [{ fromMs: 13_000, untilMs: 13_100 }], endMs: 100_000 })).toEqual([]);
    expect(lateEnds([dead], [], { troubles: [], endMs: 14_000 })).toEqual([]);
  });
});

describe("P8: renewals", () => {
  const renewal = (bytes: number, sessions: number, isPlain = true): Renewal => ({
    ...{ proxy: "p1", atMs: 0, bytes, sessions, isPlain },
  });

  it("finds a proxy whose renewals grow with its sessions", () => {
    expect(growingRenewals([renewal(180, 0), renewal(230, 3)])).toHaveLength(1);
    expect(growingRenewals([renewal(180, 0), renewal(190, 3), renewal(9_000, 3, false)])).toEqual([]);
  });
});

describe("P5: what sessions are answered", () => {
  const told = (operationId: string, told: object) => ({ operationId, client: "s1", user: "s1", atMs: 0, told });

  it("finds an operation that was answered in two ways, or granted twice", () => {
    const granted = (fencingToken: number) => told("op", { type: "acquired", leaseId: "l", fencingToken });
    expect(changedSessionAnswers([granted(1), granted(2)])).toHaveLength(1);
    expect(changedSessionAnswers([granted(1), granted(1), told("other", { type: "held" })])).toEqual([]);
  });
});

describe("S7: who waits longest is next", () => {
  const waits = (revision: number, operationId: string, name = "a") =>
    commit(revision, { queued: { name, operationId } });
  const grant = (revision: number, operationId: string, name = "a") =>
    commit(revision, {
      grants: [{ sessionId: "s", operationId, name, answer: { fencingToken: revision } as never }],
    });

  it("finds who overtook, and who was granted twice", () => {
    expect(overtakings([waits(1, "one"), waits(2, "two"), grant(3, "two"), grant(4, "one")])).toEqual([
      expect.stringContaining("two got a at revision 3 before one"),
    ]);
    expect(overtakings([waits(1, "one"), grant(3, "one"), grant(4, "one")])).toHaveLength(1);
    const asksAgain = [waits(1, "one"), waits(2, "two"), waits(3, "one"), grant(4, "two"), grant(5, "one")];
    expect(overtakings(asksAgain)).toHaveLength(1);
  });

  it("allows the order of arrival, other locks, and those who left the queue", () => {
    expect(overtakings([waits(1, "one"), waits(2, "two"), grant(3, "one"), grant(4, "two")])).toEqual([]);
    expect(overtakings([waits(1, "one"), waits(2, "two", "b"), grant(3, "two", "b"), grant(4, "one")])).toEqual([]);
    expect(overtakings([waits(1, "one"), waits(2, "two"), grant(3, "two")])).toEqual([]);
  });
});

describe("P11: what watchers are told", () => {
  const lock = (name: string, fencingToken: number): LockView => ({
    ...{ name, holderId: fencingToken === 0 ? null : "h", fencingToken, metadata: null, expiresAt: null },
    status: fencingToken === 0 ? "free" : "held",
  });
  const taken = (revision: number, name: string) =>
    commit(revision, { changes: [{ event: "acquired", lock: lock(name, revision) }] });
  const released = (revision: number, name: string) =>
    commit(revision, { changes: [{ event: "released", lock: lock(name, 0) }] });
  const COMMITS = [taken(1, "a"), taken(2, "b"), released(3, "a"), taken(4, "a")];
  const state = (revision: number, ...locks: LockView[]) =>
    ({ type: revision === 0 ? "snapshot" : "resync", revision, locks, atMs: 0 }) as const;
  const change = (revision: number, event: "acquired" | "released", of: LockView) =>
    ({ type: "change", revision, event, lock: of, atMs: 0 }) as const;
  const watched = (items: Watched["items"], some: Partial<Watched> = {}): Watched => ({
    ...{ client: "s1", target: { name: "a" }, items, isOpen: true },
    ...some,
  });
  const gaps = (items: Watched["items"], some: Partial<Watched> = {}) => silentGaps([watched(items, some)], COMMITS, 4);
  const ALL = [
    change(1, "acquired", lock("a", 1)),
    change(3, "released", lock("a", 0)),
    change(4, "acquired", lock("a", 4)),
  ];

  it("allows every change in order, and a resynchronisation with the right state", () => {
    expect(gaps([state(0), ...ALL])).toEqual([]);
    expect(gaps([state(0), state(3), change(4, "acquired", lock("a", 4))])).toEqual([]);
    expect(
      gaps([state(2, lock("a", 1), lock("b", 2)), state(4, lock("a", 4), lock("b", 2))], { target: { prefix: "" } }),
    ).toEqual([]);
  });

  it.each([
    ["a change that was left out", [state(0), ALL[0], ALL[2]]],
    ["one that was told twice", [state(0), ALL[0], ALL[0], ALL[1], ALL[2]]],
    ["two in the wrong order", [state(0), ALL[1], ALL[0], ALL[2]]],
    ["another lock's state", [state(0), change(1, "acquired", lock("a", 9)), ALL[1], ALL[2]]],
    ["a change before any state", ALL],
    ["a wrong state", [state(3, lock("a", 1)), ALL[2]]],
    ["a state that lacks a lock", [state(2), ALL[1], ALL[2]]],
    ["the last change", [state(0), ALL[0], ALL[1]]],
    ["everything", []],
  ] as [string, Watched["items"]][])("finds %s", (_, items) => {
    expect(gaps(items)).toHaveLength(1);
  });

  it("asks of a watch that was closed only that what it told is right", () => {
    expect(gaps([state(0), ...ALL.slice(0, 2)], { isOpen: false })).toEqual([]);
    expect(gaps([state(0), ALL[1] as never], { isOpen: false })).toHaveLength(1);
  });
});

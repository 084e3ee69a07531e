import { describe, expect, it } from "vitest";
import { NO_SESSIONS, type SessionLife } from "../check/session-evidence.js";
import { deadSessions, endedForNothing, keptTooLong, ORPHAN_MS, PLAIN_MS, withLives } from "./session-times.js";
import type { Struck } from "./trouble.js";

const LEASE_MS = 5_000;
const DIED_MS = 20_000;
const END_MS = 100_000;

const session = (life = "p1#0"): SessionLife => ({
  ...{ sessionId: "s", client: "ann", user: "ann", leaseMs: LEASE_MS, attachment: 7 },
  signs: [{ sentMs: DIED_MS - 1_000, life }],
  ...{ resumeSentMs: Number.NEGATIVE_INFINITY, closedMs: Number.POSITIVE_INFINITY },
  ...{ toldOverMs: Number.POSITIVE_INFINITY, diedMs: DIED_MS },
});

const deadBy = (endedMs: number, { struck = [], of = session() }: { struck?: Struck[]; of?: SessionLife } = {}) =>
  deadSessions({ sessions: [of], ends: [{ sessionId: "s", atMs: endedMs }], struck, endMs: END_MS, lateMs: 0 });

const struckAt = (fault: object, fromMs: number, untilMs: number): Struck =>
  ({ fault: { atMs: fromMs, ...fault }, fromMs, untilMs }) as Struck;

describe("sessions of the dead", () => {
  it("are ended within lease, two seconds, and a proxy lease", () => {
    expect(deadBy(DIED_MS + PLAIN_MS(LEASE_MS) - 1)).toMatchObject([{ isTroubled: false }]);
    expect(keptTooLong(deadBy(DIED_MS + PLAIN_MS(LEASE_MS) - 1))).toEqual([]);
    expect(keptTooLong(deadBy(DIED_MS + PLAIN_MS(LEASE_MS) + 1))).toHaveLength(1);
  });

  it.each([
    ["their proxy died with them", { kind: "kill", who: "p1", downMs: 0 }],
    ["the master was stopped", { kind: "pause", who: "master", forMs: 1 }],
    ["their proxy did not reach the master", { kind: "drop", link: "p1→master", direction: "both", forMs: 1 }],
    ["what they had said came late", { kind: "half-open", link: "sessions→p1", direction: "up", forMs: 1 }],
  ])("get the grace where %s", (_, fault) => {
    const struck = [struckAt(fault, DIED_MS, DIED_MS + 500)];
    expect(deadBy(DIED_MS + PLAIN_MS(LEASE_MS) + 1, { struck })).toMatchObject([{ isTroubled: true }]);
    expect(keptTooLong(deadBy(DIED_MS + PLAIN_MS(LEASE_MS) + 1, { struck }))).toEqual([]);
    expect(keptTooLong(deadBy(DIED_MS + ORPHAN_MS(LEASE_MS) + 5_000, { struck }))).toHaveLength(1);
  });

  it("get none for what happened to other proxies, or was over", () => {
    const other = struckAt({ kind: "kill", who: "p2", downMs: 0 }, DIED_MS, DIED_MS + 500);
    const before = struckAt({ kind: "kill", who: "p1", downMs: 0 }, 1_000, 2_000);
    expect(keptTooLong(deadBy(DIED_MS + PLAIN_MS(LEASE_MS) + 1, { struck: [other, before] }))).toHaveLength(1);
  });

  it("are not looked for where they were closed, or had nothing, or the run ended first", () => {
    expect(deadBy(DIED_MS, { of: { ...session(), closedMs: DIED_MS - 1 } })).toEqual([]);
    expect(deadBy(DIED_MS, { of: { ...session(), attachment: null } })).toEqual([]);
    const late = { ...session(), diedMs: END_MS - 1_000 };
    expect(deadSessions({ sessions: [late], ends: [], struck: [], endMs: END_MS, lateMs: 0 })).toEqual([]);
    const never = deadSessions({ sessions: [session()], ends: [], struck: [], endMs: END_MS, lateMs: 0 });
    expect(keptTooLong(never)).toEqual([expect.stringContaining("was ended never")]);
  });
});

describe("a session whose client lives", () => {
  const living = { ...session(), client: "s1a", diedMs: Number.POSITIVE_INFINITY };
  const ends = [{ sessionId: "s", atMs: DIED_MS + 10_000 }];

  it("is ended only where something was wrong with what it needs", () => {
    const others = struckAt({ kind: "pause", who: "s2", forMs: 9_000 }, DIED_MS, DIED_MS + 9_000);
    expect(endedForNothing([living], ends, [others])).toHaveLength(1);
    const own = struckAt({ kind: "pause", who: "s1", forMs: 9_000 }, DIED_MS, DIED_MS + 9_000);
    expect(endedForNothing([living], ends, [own])).toEqual([]);
    expect(endedForNothing([{ ...living, closedMs: DIED_MS }], ends, [])).toEqual([]);
    expect(endedForNothing([living], [], [])).toEqual([]);
  });
});

describe("a sign of life", () => {
  it("is of the life in which its gateway was then", () => {
    const of = { ...session("p1"), signs: [10, 30, 50].map((sentMs) => ({ sentMs, life: "p1" })) };
    const { sessions, lifeEnds } = withLives({ ...NO_SESSIONS, sessions: [of] }, new Map([["p1", [20, 40]]]));
    expect(sessions[0]?.signs.map(({ life }) => life)).toEqual(["p1#0", "p1#1", "p1#2"]);
    expect(lifeEnds).toEqual([
      { life: "p1#0", atMs: 20, leaseRanMs: 10 },
      { life: "p1#1", atMs: 40, leaseRanMs: 30 },
    ]);
  });
});

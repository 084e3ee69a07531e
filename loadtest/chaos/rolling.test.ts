import { describe, expect, it } from "vitest";
import type { SessionLife } from "../check/session-evidence.js";
import { brokenRolling, rollingRestart } from "./rolling.js";

const STRETCH = { fromMs: 1_000, untilMs: 9_000 };

const session = (sessionId: string, signsMs: readonly number[], over: Partial<SessionLife> = {}): SessionLife => ({
  ...{ sessionId, client: sessionId, user: "ann", leaseMs: 5_000, attachment: 7 },
  signs: signsMs.map((sentMs) => ({ sentMs, life: "p1#0" })),
  ...{ resumeSentMs: Number.NEGATIVE_INFINITY, closedMs: Number.POSITIVE_INFINITY },
  ...{ toldOverMs: Number.POSITIVE_INFINITY, diedMs: Number.POSITIVE_INFINITY },
  ...over,
});

describe("a restart of all proxies one by one", () => {
  it("is measured by those who had sessions that lived on", () => {
    const sessions = [
      session("lives", [900, 2_000, 5_500, 8_500]),
      session("closed", [900], { closedMs: 950 }),
      session("wrote nothing", [2_000], { attachment: null }),
    ];
    const rolling = rollingRestart({ sessions, ends: [], jeopardies: [], stretch: STRETCH });
    expect(rolling).toEqual({ sessions: 1, lost: [], jeopardies: [], longestGapMs: 3_500 });
    expect(brokenRolling(rolling, 0)).toEqual([]);
  });

  it("is broken by a session that is ended, or in jeopardy, while it lasts", () => {
    const sessions = [session("lost", [2_000])];
    const ends = [{ sessionId: "lost", atMs: 7_000 }];
    const jeopardies = [
      { client: "ann", fromMs: 4_000, untilMs: 5_500 },
      { client: "cid", fromMs: 4_000, untilMs: 4_500 },
      { client: "bob", fromMs: 100, untilMs: 900 },
    ];
    const broken = brokenRolling(rollingRestart({ sessions, ends, jeopardies, stretch: STRETCH }), 0);
    expect(broken).toEqual([expect.stringContaining("lost was ended"), expect.stringContaining("ann was in jeopardy")]);
  });
});

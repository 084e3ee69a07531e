import { describe, expect, it } from "vitest";
import { Refused } from "./refused.js";
import { addOutcomes, joinOutcomes, Tally } from "./tally.js";

describe("what several drivers did", () => {
  it("adds up to one outcome", () => {
    const outcomes = [1, 2].map(() => {
      const tally = new Tally();
      tally.sent("keepalive");
      tally.sent("status");
      tally.lost("status");
      tally.noticesDue(3);
      tally.sessionLost("gone");
      tally.done("KeepAlive", 2);
      tally.failed("GetStat", new Refused("shed", "come again"));
      return tally.outcome();
    });
    const all = addOutcomes(outcomes);
    expect(all.kinds.KeepAlive).toMatchObject({ done: 2, failed: 0 });
    expect(all.kinds.GetStat).toMatchObject({ done: 0, failed: 2 });
    expect(all.requests).toEqual({ keepalive: { sent: 2, lost: 0 }, status: { sent: 2, lost: 2 } });
    expect(all.errorsByCode).toEqual({ session_lost: 2, shed: 2 });
    expect(all).toMatchObject({ sessionsLost: 2, noticesDue: 6 });
  });

  it("adds up over time, where a lost session is told of once", () => {
    const tally = new Tally();
    tally.sessionLost("gone");
    tally.done("KeepAlive", 1);
    const first = tally.outcome();
    tally.begin();
    tally.done("KeepAlive", 1);
    const joined = joinOutcomes([first, tally.outcome()]);
    expect(joined).toMatchObject({ sessionsLost: 1, kinds: { KeepAlive: { done: 2 } } });
  });

  it("forgets the warm-up, but no session that was lost in it", () => {
    const tally = new Tally();
    tally.sent("status");
    tally.noticesDue(1);
    tally.done("GetStat", 1);
    tally.sessionLost("gone");
    tally.begin();
    const outcome = tally.outcome();
    expect(outcome).toMatchObject({ requests: {}, noticesDue: 0, sessionsLost: 1, errors: [], errorsByCode: {} });
    expect(tally.progress()).toEqual({ done: 0, failed: 0, sessionsLost: 1 });
  });
});

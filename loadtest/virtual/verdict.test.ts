import { describe, expect, it } from "vitest";
import type { CapacityFindings, Stretch } from "./findings.js";
import { failureReasons } from "./verdict.js";
import { capacityText } from "./verdict-text.js";

const stretch = (what: string, more: Partial<Stretch> = {}): Stretch => ({
  ...{ what, sessions: 10, seconds: 2, cpuShare: 0.01, callsPerS: 2, bytesPerS: 400, renewalsPerS: 2, commitsPerS: 0 },
  ...{ renewMs: { p50: 1, p99: 2, max: 3 }, longestTurnMs: 12, ...more },
});

const GOOD: CapacityFindings = {
  sizes: { proxies: 2, sessionsPerProxy: 5, lockedPercent: 0, seconds: 2, churnPerMille: 100 },
  stretches: [
    stretch("no proxies", { sessions: 0, renewMs: null }),
    stretch("proxies without sessions", { sessions: 0, cpuShare: 0.011 }),
    stretch("with their sessions", { cpuShare: 0.012 }),
    stretch("and churn", { cpuShare: 0.02, commitsPerS: 4 }),
  ],
  anchoring: { sessions: 10, seconds: 1, cpuSeconds: 0.001, bytes: 4_000, longestTurnMs: 5, renewMsMax: 5 },
  memory: { sessions: 10, operations: 10, heapBytes: 9_000, residentBytes: 10_000 },
  churn: {
    ...{ asked: 2, anchored: 2, rounds: 0 },
    ...{ ended: { silent: 1, closed: 1 }, endedAtMaster: { silent: 1, closed: 1 } },
  },
  recovery: {
    ...{ sessionsBefore: 10, sessionsAtMaster: 10, sessionsAtProxies: 10, orphans: 0, journalBytes: 2 ** 20 },
    ...{ readyMs: 500, registeredMs: 700, confirmedMs: 2_700, registrations: 2, cpuSeconds: 0.3 },
    ...{ longestTurnMs: 20, heapBytes: 1, residentBytes: 1 },
  },
  ...{ registrations: 2, leasesLostBeforeKill: 0, sessionsLost: 0, disagreements: 0, mended: 0, failures: [] },
};

const { recovery, churn, anchoring, stretches } = GOOD;

describe("a run of virtual proxies", () => {
  it("passes if nothing is wrong", () => {
    expect(failureReasons(GOOD)).toEqual([]);
    expect(capacityText(GOOD)).toContain("Passed");
  });

  it("says nothing of costs that it cannot tell from what the master does anyway", () => {
    const [alone, empty, idle, churning] = stretches as [Stretch, Stretch, Stretch, Stretch];
    const quieter = [alone, { ...empty, cpuShare: 0.009 }, { ...idle, renewalsPerS: 0 }, { ...churning, cpuShare: 0 }];
    const none = { ...churn, asked: 0, anchored: 0 };
    for (const found of [
      { ...GOOD, stretches: quieter },
      { ...GOOD, stretches: quieter, churn: none },
    ]) {
      expect(capacityText(found)).not.toMatch(/∞|-\d+ µs/);
      expect(capacityText(found)).toContain("– µs of CPU");
      expect(capacityText(found)).toMatch(/proxies without sessions .*│ +– │ +1 │/);
    }
  });

  it.each<[string, Partial<CapacityFindings>]>([
    ["a session was not anchored", { anchoring: { ...anchoring, sessions: 9 } }],
    [
      "a renewal came late",
      { stretches: [...stretches, stretch("late", { renewMs: { p50: 1, p99: 2, max: 3_000 } })] },
    ],
    ["a lease was lost", { leasesLostBeforeKill: 1 }],
    ["a session was lost", { sessionsLost: 1 }],
    ["digests differed", { disagreements: 1 }],
    ["a session had to be put right", { mended: 1 }],
    ["a call failed", { failures: ["there was no lease"] }],
    ["the churn was not kept up with", { churn: { ...churn, anchored: 1 } }],
    ["an end was not reported", { churn: { ...churn, endedAtMaster: { silent: 0, closed: 1 } } }],
    ["a close was lost", { churn: { ...churn, endedAtMaster: { silent: 1, closed: 0 } } }],
    ["the master forgot a session", { recovery: { ...recovery, sessionsAtMaster: 9 } }],
    ["a proxy lost a session", { recovery: { ...recovery, sessionsAtProxies: 9 } }],
    ["a proxy was not confirmed", { recovery: { ...recovery, confirmedMs: null } }],
    ["clients had given their sessions up by then", { recovery: { ...recovery, registeredMs: 57_000 } }],
    ["a session was nobody's", { recovery: { ...recovery, orphans: 1 } }],
  ])("does not pass if %s", (_, flaw) => {
    const found = { ...GOOD, ...flaw };
    expect(failureReasons(found)).toHaveLength(1);
    expect(capacityText(found)).toContain("FAILED");
  });
});

import { describe, expect, it } from "vitest";
import type { FailoverFindings } from "./findings.js";
import { failoverPasses, failoverVerdictOf } from "./verdict.js";
import { failoverVerdictText } from "./verdict-text.js";

const settings = { locks: 2, leaseMs: 5_000, handOvers: 2, pairs: 2, kills: 1, deadMs: 0, out: "" };
const taking = (ms: readonly number[], cpuMicroseconds: number) => ({ ms, pace: { perS: 10, cpuMicroseconds } });
const good: FailoverFindings = {
  handOvers: [
    { cell: taking([2, 3], 400), floor: taking([1, 2], 100) },
    { cell: taking([6, 9], 600), floor: taking([2, 4], 100) },
  ],
  holderDeath: [5_100, 7_000],
  proxyDeath: [3_100, 5_000],
  masterDeath: [{ freshReadMs: 900, writeMs: 5_900 }],
};

describe("a verdict on fail-overs", () => {
  it("is good where nobody waits for longer than is promised", () => {
    const verdict = failoverVerdictOf(good, settings);
    expect(failoverPasses(verdict)).toBe(true);
    expect(verdict.handOver).toMatchObject({ p50Ratio: 2.5, cell: { p50Ms: 4 }, floor: { p50Ms: 1.5 } });
    expect(verdict.handOver).toMatchObject({
      cell: { cpuMicroseconds: 500 },
      floor: { cpuMicroseconds: 100, perS: 10 },
    });
    expect(failoverVerdictText(verdict)).toContain("Nobody waited for longer");
  });

  it.each<[string, Partial<FailoverFindings>]>([
    ["a dead holder's lock", { holderDeath: [5_100, 7_001] }],
    ["a lock whose proxy died", { proxyDeath: [5_001] }],
    ["a lock that was never granted", { proxyDeath: [3_000, Number.POSITIVE_INFINITY] }],
    ["a fresh read", { masterDeath: [{ freshReadMs: 6_001, writeMs: 9_000 }] }],
    ["a write", { masterDeath: [{ freshReadMs: 900, writeMs: 5_901 }] }],
  ])("misses where somebody waits too long for %s", (_, change) => {
    const verdict = failoverVerdictOf({ ...good, ...change }, settings);
    expect(failoverPasses(verdict)).toBe(false);
    expect(failoverVerdictText(verdict)).toContain("MISSED");
  });
});

import { describe, expect, it } from "vitest";
import { brokenPromises } from "./evidence.js";
import type { SessionFindings } from "./findings.js";
import type { Held } from "./holder-messages.js";
import type { Renewals } from "./renewals.js";
import { perSecond } from "./samples.js";
import { sessionsPass, sessionVerdictOf } from "./verdict.js";
import { sessionVerdictText } from "./verdict-text.js";

const renewals = (proxies: number, sessions: number, change: Partial<Renewals> = {}): Renewals => ({
  ...{ proxies, sessions, requestsPerS: proxies, bytesPerS: 210 * proxies, keepAlivesPerS: sessions / 4, failures: 0 },
  ...change,
});
const survival = { sessions: 3, locks: 1, sessionsLost: 0, locksLost: 0, sessionsEnded: 0 };
const growth = (bytesPerSession: number) => ({ sessions: 1_000, bytesPerSession });

const good: SessionFindings = {
  leaseMs: 12_000,
  socketsPerProcess: 19_900,
  idle: {
    keepAlives: [
      { proxy: { cpuMicroseconds: 14, perSecond: 40_000 }, floor: { cpuMicroseconds: 10, perSecond: 50_000 } },
    ],
    renewals: [
      [renewals(1, 1_000), renewals(1, 19_900)],
      [renewals(2, 1_000), renewals(2, 20_000)],
    ],
    memory: { proxy: growth(9_000), floor: growth(6_000), master: growth(10) },
  },
  deaths: {
    anchored: growth(2_000),
    freedAfterMs: [9_000, 13_900],
    proxyDeath: { ...survival, sessionsEnded: 2, resumedAfterMs: [10, 900, 1_100], load: [] },
    masterDeath: { ...survival, deadMs: 14_000, safeAfterMs: 3_000 },
    doubleHolders: [],
    fencing: [],
    losses: [],
    grantedInTheEnd: 1,
  },
};

type Change = (findings: SessionFindings) => SessionFindings;
const idle = (change: Partial<SessionFindings["idle"]>): Change => {
  return (findings) => ({ ...findings, idle: { ...findings.idle, ...change } });
};
const deaths = (change: Partial<SessionFindings["deaths"]>): Change => {
  return (findings) => ({ ...findings, deaths: { ...findings.deaths, ...change } });
};
const proxyDeath = (change: Partial<SessionFindings["deaths"]["proxyDeath"]>): Change =>
  deaths({ proxyDeath: { ...good.deaths.proxyDeath, ...change } });
const masterDeath = (change: Partial<SessionFindings["deaths"]["masterDeath"]>): Change =>
  deaths({ masterDeath: { ...good.deaths.masterDeath, ...change } });
const atTwo = (many: Partial<Renewals>): Change =>
  idle({ renewals: [...good.idle.renewals.slice(0, 1), [renewals(2, 1_000), renewals(2, 20_000, many)]] });

describe("the verdict on sessions", () => {
  it("is good where all bars are reached", () => {
    const verdict = sessionVerdictOf(good);
    expect(verdict).toMatchObject({ misses: [], flaws: [], proxyDeath: { p99Ms: 1_100, spread: { length: 12 } } });
    expect(sessionsPass(verdict)).toBe(true);
    expect(sessionVerdictText(verdict)).toContain("All bars are reached.");
  });

  it.each<[string, Change]>([
    ["too many renewals", atTwo({ requestsPerS: 2.3 })],
    ["bytes that grow", atTwo({ bytesPerS: 420 * 1.06 })],
    ["bytes that shrink", atTwo({ bytesPerS: 420 * 0.94 })],
    ["a proxy's memory", idle({ memory: { ...good.idle.memory, proxy: growth(12_289) } })],
    ["the master's memory", idle({ memory: { ...good.idle.memory, master: growth(1_025) } })],
    [
      "KeepAlives that cost too much",
      idle({
        keepAlives: [{ proxy: { cpuMicroseconds: 17, perSecond: 1 }, floor: { cpuMicroseconds: 10, perSecond: 1 } }],
      }),
    ],
    ["a session lost with the proxy", proxyDeath({ sessionsLost: 1 })],
    ["a session ended that nobody killed", proxyDeath({ sessionsEnded: 3 })],
    ["a lock lost with the proxy", proxyDeath({ locksLost: 1 })],
    ["a session not resumed", proxyDeath({ resumedAfterMs: [10, 900] })],
    ["late resumes", proxyDeath({ resumedAfterMs: [10, 900, 5_000] })],
    ["a session lost with the master", masterDeath({ sessionsLost: 1 })],
    ["a session that is not safe again", masterDeath({ safeAfterMs: undefined })],
    ["a lock that comes free too late", deaths({ freedAfterMs: [9_000, 14_001] })],
    ["two holders", deaths({ doubleHolders: ["p and q both held it"] })],
    ["a token out of order", deaths({ fencing: ["7 after 8"] })],
    ["a loss that a client tells of", deaths({ losses: ["p lost it"] })],
    ["a place in a queue that is lost", deaths({ grantedInTheEnd: 0 })],
  ])("misses for %s", (_, change) => {
    const verdict = sessionVerdictOf(change(good));
    expect(verdict.misses).toHaveLength(1);
    expect(sessionsPass(verdict)).toBe(false);
    expect(sessionVerdictText(verdict)).toContain("Some bars are MISSED.");
  });

  it.each<[string, Change]>([
    ["KeepAlives failed", atTwo({ failures: 1 })],
    ["the crowd did not keep itself alive", atTwo({ keepAlivesPerS: 4_000 })],
  ])("is void where %s", (_, change) => {
    const verdict = sessionVerdictOf(change(good));
    expect(verdict.flaws).toHaveLength(1);
    expect(sessionVerdictText(verdict)).toContain("The run is void");
  });
});

describe("what clients believed", () => {
  const held = (sessionId: string, fencingToken: number, grantedMs: number, lastHeldMs: number): Held => ({
    ...{ name: "a", sessionId, fencingToken, askedMs: 0, grantedMs, lastHeldMs },
  });

  it("is that one held it after the other", () => {
    const found = brokenPromises([held("p", 1, 10, 100), held("q", 2, 101, 200)]);
    expect(found).toEqual({ doubleHolders: [], fencing: [] });
  });

  it("is not that two held it at once, or by one token", () => {
    const found = brokenPromises([held("p", 1, 10, 100), held("q", 1, 99, 200)]);
    expect([found.doubleHolders.length, found.fencing.length]).toEqual([0, 1]);
    expect(brokenPromises([held("p", 1, 10, 100), held("q", 2, 99, 200)]).doubleHolders).toHaveLength(1);
  });
});

it("the growth of a count is told by all looks, and not by the first and last", () => {
  const at = (atMs: number) => ({ atMs, renews: Math.floor(atMs / 1_000), renewBytes: 0, calls: 0, cpuSeconds: 0 });
  const samples = Array.from({ length: 61 }, (_, n) => at(900 + n * 250));
  expect(perSecond(samples, ({ renews }) => renews)).toBeCloseTo(1, 1);
});

import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { type Fault, LIBRARY_PROCESSES, PROXIES } from "./plan.js";
import { randomPlan } from "./random-plan.js";

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

function endMs(fault: Fault): number {
  if (fault.kind === "die") return fault.atMs + fault.silentMs + fault.downMs;
  return fault.atMs + ("forMs" in fault ? fault.forMs : fault.downMs);
}

const isOfSessions = (fault: Fault): boolean => "who" in fault && LIBRARY_PROCESSES.some((name) => name === fault.who);

describe("what a seed has in store", () => {
  it("is the same each time", () => {
    expect(randomPlan(7, 60)).toEqual(randomPlan(7, 60));
    expect(randomPlan(7, 60)).not.toEqual(randomPlan(8, 60));
  });

  it("has most kinds in it, in order, and leaves time to heal", () => {
    for (const seed of SEEDS) {
      const { faults, healAtMs } = randomPlan(seed, 60);
      expect(new Set(faults.map(({ kind }) => kind)).size).toBeGreaterThan(7);
      expect(faults.map(({ atMs }) => atMs)).toEqual(faults.map(({ atMs }) => atMs).sort((a, b) => a - b));
      expect(faults.at(-1)?.atMs).toBeLessThan(healAtMs);
      expect(healAtMs).toBeLessThan(60_000);
    }
  });

  it("has all kinds in it if there is time, and pauses longer than a lease", () => {
    const { faults } = randomPlan(7, 600);
    const kinds = [
      "delay",
      "die",
      "drop",
      "half-open",
      "kill",
      "partition",
      "pause",
      "refuse",
      "reset",
      "restart",
      "slow",
    ];
    expect([...new Set(faults.map(({ kind }) => kind))].sort()).toEqual(kinds);
    for (const who of ["master", "nats-server", "p1", "p2", "p3"])
      expect(new Set(faults.filter((fault) => "who" in fault && fault.who === who).map(({ kind }) => kind)).size).toBe(
        3,
      );
    for (const fault of faults.filter((one) => !isOfSessions(one)))
      if (fault.kind === "pause") expect(fault.forMs).toBeGreaterThan(LIMITS.proxyLeaseMs);
  });

  it("lets processes with sessions die, with and without a word, and together with a proxy, in time to be found dead", () => {
    const { faults, healAtMs } = randomPlan(7, 120);
    const deaths = faults.flatMap((fault) => (fault.kind === "die" ? [fault] : []));
    expect(new Set(deaths.map(({ silentMs }) => silentMs > LIMITS.sessionLeaseMsMin))).toEqual(new Set([true, false]));
    const isWith = (fault: Fault, atMs: number): boolean =>
      fault.kind === "kill" && PROXIES.some((name) => name === fault.who) && Math.abs(fault.atMs - atMs) <= 50;
    expect(deaths.some(({ atMs }) => faults.some((fault) => isWith(fault, atMs)))).toBe(true);
    expect(deaths.at(-1)?.atMs).toBeLessThan(healAtMs - 10_000);
  });

  it("does not strike what is still down", () => {
    for (const seed of SEEDS) {
      const until = new Map<string, number>();
      for (const fault of randomPlan(seed, 120).faults) {
        const target = "who" in fault ? fault.who : "link" in fault ? fault.link : "network";
        expect(fault.atMs).toBeGreaterThanOrEqual(until.get(target) ?? 0);
        until.set(target, endMs(fault));
      }
    }
  });
});

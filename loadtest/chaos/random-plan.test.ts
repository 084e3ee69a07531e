import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import type { Fault } from "./plan.js";
import { randomPlan } from "./random-plan.js";

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

const endMs = (fault: Fault): number => fault.atMs + ("forMs" in fault ? fault.forMs : fault.downMs);

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
    const kinds = ["delay", "drop", "half-open", "kill", "partition", "pause", "refuse", "reset", "restart", "slow"];
    expect([...new Set(faults.map(({ kind }) => kind))].sort()).toEqual(kinds);
    for (const who of ["master", "nats-server", "p1", "p2", "p3"])
      expect(new Set(faults.filter((fault) => "who" in fault && fault.who === who).map(({ kind }) => kind)).size).toBe(
        3,
      );
    for (const fault of faults) if (fault.kind === "pause") expect(fault.forMs).toBeGreaterThan(LIMITS.proxyLeaseMs);
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

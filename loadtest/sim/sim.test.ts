import { describe, expect, it } from "vitest";
import { randomPlan } from "./random-plan.js";
import { run } from "./run.js";
import { SCENARIOS } from "./scenarios/scenarios.js";

const SEEDS = 30;
const LONG_MS = 120_000;

describe("the simulated world", () => {
  it(`keeps every promise in the first ${SEEDS} seeds, and they are worth something`, {
    timeout: LONG_MS,
  }, async () => {
    const faults = new Set<string>();
    let operations = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { findings, undecided, ...what } = await run(randomPlan(seed));
      expect({ seed, findings, undecided }).toEqual({ seed, findings: [], undecided: false });
      operations += what.operations;
      for (const kind of Object.keys(what.faults)) faults.add(kind);
    }
    expect(operations).toBeGreaterThan(SEEDS * 100);
    const mishaps = [
      "pause",
      "crash",
      "stop",
      "cutBus",
      "stallBus",
      "busDown",
      "noisyBus",
      "cutLink",
      "slowLink",
      "lossyLink",
      "stallSockets",
      "breakSockets",
    ];
    const losses = ["bus message lost", "bus message reordered", "link call lostBefore", "link call lostAfter"];
    expect([...faults]).toEqual(expect.arrayContaining([...mishaps, ...losses, "stepWall", "diskFull"]));
  });

  it("does the same for the same seed, to the byte", { timeout: LONG_MS }, async () => {
    const play = async (seed: number) => JSON.stringify(await run(randomPlan(seed), { tracing: true }));
    const first = await play(3);
    expect(first.length).toBeGreaterThan(10_000);
    expect(await play(3)).toBe(first);
    expect(await play(4)).not.toBe(first);
  });

  it.each(SCENARIOS)("keeps every promise in the race $name ($rule)", async ({ plan }) => {
    expect((await run(plan)).findings).toEqual([]);
  });
});

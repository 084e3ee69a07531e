import { describe, expect, it } from "vitest";
import { clockContract } from "../contracts/clock.contract.js";
import { SimClock } from "./sim-clock.js";

for (const rate of [1, 0.98, 1.02, 1 / 3]) {
  clockContract(`a simulated process at rate ${rate.toFixed(2)}`, () => {
    const timeline = new SimClock();
    const clock = timeline.process("proxy", { rate });
    return { clock, pass: (durationMs) => timeline.runFor(durationMs / rate) };
  });
}

describe("a simulated process", () => {
  it("drifts at its rate, by both clocks", async () => {
    const timeline = new SimClock();
    const fast = timeline.process("fast", { rate: 1.02 });
    const [monotonicMs, wallMs] = [fast.monotonicMs(), fast.wallMs()];
    let firedMs = 0;
    fast.after(1020, () => {
      firedMs = timeline.monotonicMs();
    });
    await timeline.runFor(10_000);
    expect(fast.monotonicMs() - monotonicMs).toBeCloseTo(10_200, 6);
    expect(fast.wallMs() - wallMs).toBeCloseTo(10_200, 3);
    expect(firedMs).toBeCloseTo(1000, 2);
  });

  it("never fires early, at whatever rate and time", async () => {
    const timeline = new SimClock();
    await timeline.runFor(123_456_789.123);
    const earlyMs: number[] = [];
    for (const rate of [0.98, 0.9931, 1.0077, 1.02]) {
      const process = timeline.process("any", { rate });
      for (let delayMs = 0.1; delayMs < 3000; delayMs += 7.3) {
        const dueMs = process.monotonicMs() + delayMs;
        process.after(delayMs, () => earlyMs.push(dueMs - process.monotonicMs()));
      }
    }
    await timeline.runFor(4000);
    expect(earlyMs.length).toBeGreaterThan(1000);
    expect(Math.max(...earlyMs)).toBeLessThanOrEqual(0);
    expect(Math.min(...earlyMs)).toBeGreaterThan(-0.01);
  });

  it("has a monotonic clock that is not another's", () => {
    const timeline = new SimClock();
    const [one, other] = [timeline.process("one"), timeline.process("other")];
    expect(Math.abs(one.monotonicMs() - other.monotonicMs())).toBeGreaterThan(100_000);
    expect(one.wallMs()).toBe(other.wallMs());
  });

  it("runs nothing in a pause, and late what came due in it; time goes on", async () => {
    const timeline = new SimClock();
    const process = timeline.process("proxy");
    const startMs = process.monotonicMs();
    const ran: [string, number][] = [];
    const note = (what: string) => () => ran.push([what, process.monotonicMs() - startMs]);
    process.after(20, note("second"));
    process.after(10, note("first"));
    const cancelled = process.after(15, note("cancelled"));
    process.after(200, note("after the pause"));
    process.afterTurn(note("turn"));
    process.pause();
    process.pause();
    await timeline.runFor(100);
    expect(ran).toEqual([]);
    cancelled.cancel();
    process.resume();
    process.resume();
    await timeline.runFor(150);
    expect(ran).toEqual([
      ["turn", 100],
      ["first", 100],
      ["second", 100],
      ["after the pause", 200],
    ]);
  });

  it("knows of a sleep of its machine by the wall clock only, and fires no timer early for it", async () => {
    const timeline = new SimClock();
    const process = timeline.process("proxy", { rate: 1.01 });
    const [startMs, startWallMs] = [process.monotonicMs(), process.wallMs()];
    const firedMs: number[] = [];
    for (const inMs of [50, 300]) process.after(inMs, () => firedMs.push(process.monotonicMs() - startMs));
    await timeline.runFor(40);
    process.suspend();
    await timeline.runFor(1_000);
    expect(process.monotonicMs() - startMs).toBeCloseTo(40 * 1.01, 6);
    process.resume();
    await timeline.runFor(1_000);
    expect(process.monotonicMs() - startMs).toBeCloseTo(1_040 * 1.01, 6);
    expect(process.wallMs() - startWallMs).toBeCloseTo(2_040 * 1.01, 3);
    expect(firedMs.map(Math.round)).toEqual([50, 300]);
  });

  it("is stopped again by a pause that comes before it has caught up", async () => {
    const timeline = new SimClock();
    const process = timeline.process("proxy");
    const ran: string[] = [];
    process.after(1, () => {
      ran.push("first");
      process.pause();
    });
    process.after(2, () => ran.push("second"));
    process.pause();
    await timeline.runFor(10);
    process.resume();
    await timeline.runFor(10);
    expect(ran).toEqual(["first"]);
    process.resume();
    await timeline.runFor(10);
    expect(ran).toEqual(["first", "second"]);
  });

  it.each(["running", "paused"])("never runs anything more once killed while %s", async (state) => {
    const timeline = new SimClock();
    const process = timeline.process("proxy");
    let ran = false;
    const run = () => {
      ran = true;
    };
    process.after(5, run);
    if (state === "paused") process.pause();
    await timeline.runFor(state === "paused" ? 10 : 1);
    process.kill();
    process.resume();
    process.after(1, run);
    process.afterTurn(run);
    await timeline.runFor(100);
    expect(ran).toBe(false);
  });

  it("steps its own wall clock only", () => {
    const timeline = new SimClock();
    const [one, other] = [timeline.process("one"), timeline.process("other")];
    one.stepWall(60_000);
    expect(one.wallMs() - other.wallMs()).toBe(60_000);
  });
});

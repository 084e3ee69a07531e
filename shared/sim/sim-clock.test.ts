import { describe, expect, it } from "vitest";
import { clockContract } from "../contracts/clock.contract.js";
import { SimClock } from "./sim-clock.js";
import { SimRandom } from "./sim-random.js";

clockContract("simulated", () => {
  const clock = new SimClock();
  return { clock, pass: (durationMs) => clock.runFor(durationMs) };
});

describe("the simulated clock", () => {
  it("runs events in order of time, then of insertion", async () => {
    const clock = new SimClock();
    const random = new SimRandom(1);
    const expected: string[] = [];
    const order: string[] = [];
    const events = Array.from({ length: 300 }, (_, number) => ({ atMs: random.int(40), number }));
    for (const { atMs, number } of events) clock.after(atMs, () => order.push(`${clock.monotonicMs()}/${number}`));
    events.sort((a, b) => a.atMs - b.atMs || a.number - b.number);
    for (const { atMs, number } of events) expected.push(`${atMs}/${number}`);
    await clock.runFor(40);
    expect(order).toEqual(expected);
  });

  it("finishes the promises of an event before the next one, however long their chain", async () => {
    const clock = new SimClock();
    const order: string[] = [];
    clock.after(1, () => {
      void (async () => {
        for (let i = 0; i < 100; i++) await Promise.resolve();
        order.push("end of the chain");
      })();
    });
    clock.after(1, () => order.push("next event"));
    await clock.runFor(1);
    expect(order).toEqual(["end of the chain", "next event"]);
  });

  it("stops exactly at the end of the time, its events included", async () => {
    const clock = new SimClock();
    const fired: number[] = [];
    for (const delayMs of [9, 10, 10.5]) clock.after(delayMs, () => fired.push(delayMs));
    await clock.runFor(10);
    expect(fired).toEqual([9, 10]);
    expect(clock.monotonicMs()).toBe(10);
    await clock.runFor(1);
    expect(fired).toEqual([9, 10, 10.5]);
  });

  it("stops at once where the predicate holds", async () => {
    const clock = new SimClock();
    let fired = 0;
    for (const delayMs of [1, 2, 3]) {
      clock.after(delayMs, () => {
        fired += 1;
      });
    }
    await clock.runUntil(() => fired === 2, 100);
    expect([fired, clock.monotonicMs()]).toEqual([2, 2]);
    await clock.runUntil(() => true, 100);
    expect(fired).toBe(2);
  });

  it("says so when the predicate does not hold in time", async () => {
    const clock = new SimClock();
    clock.after(50, () => {});
    await expect(clock.runUntil(() => false, 20)).rejects.toThrow("did not happen within 20 ms of simulated time");
    expect(clock.monotonicMs()).toBe(20);
  });

  it("answers as a promise does", async () => {
    const clock = new SimClock();
    const later = (delayMs: number) => new Promise<string>((resolve) => clock.after(delayMs, () => resolve("done")));
    expect(await clock.settle(later(30), 100)).toBe("done");
    await expect(clock.settle(Promise.reject(new Error("no")), 100)).rejects.toThrow("no");
    await expect(clock.settle(later(200), 100)).rejects.toThrow("did not happen");
  });

  it("passes on what an event throws, and refuses to be run twice at a time", async () => {
    const clock = new SimClock();
    clock.after(1, () => {
      throw new Error("thrown by an event");
    });
    const running = clock.runFor(5);
    await expect(clock.runFor(5)).rejects.toThrow("being run already");
    await expect(running).rejects.toThrow("thrown by an event");
    await clock.runFor(5);
  });

  it("gives up on an instant that never ends", async () => {
    const clock = new SimClock();
    const again = () => clock.afterTurn(again);
    clock.after(5, again);
    await expect(clock.runFor(10)).rejects.toThrow("Time stands still at 5 ms.");
  });

  it("steps its wall clock only", async () => {
    const clock = new SimClock();
    const wallMs = clock.wallMs();
    clock.stepWall(-5000);
    await clock.runFor(100);
    expect(clock.wallMs() - wallMs).toBe(-4900);
    expect(clock.monotonicMs()).toBe(100);
  });
});

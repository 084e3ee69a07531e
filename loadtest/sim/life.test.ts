import { expect, it } from "vitest";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { Life } from "./life.js";

function setUp() {
  const clock = new SimClock();
  const life = new Life(clock.process("one"));
  const heard: string[] = [];
  const call = (what: string, takesMs: number) =>
    void life
      .call(() => new Promise<void>((resolve) => clock.after(takesMs, resolve)))
      .then(() => heard.push(`${what} at ${clock.monotonicMs()}`));
  return { clock, life, heard, call };
}

it("a call into a paused process waits for its end, and so does an answer", async () => {
  const { clock, life, heard, call } = setUp();
  call("answer", 5);
  life.pause();
  call("call", 5);
  await clock.runFor(20);
  expect(heard).toEqual([]);
  life.resume();
  await clock.runFor(20);
  expect(heard).toEqual(["answer at 20", "call at 25"]);
});

it("what came in a pause is dealt with before the timers that came due in it", async () => {
  const { clock, life } = setUp();
  const seen: string[] = [];
  life.clock.after(5, () => seen.push("timer"));
  life.pause();
  await clock.runFor(10);
  life.enter(() => seen.push("call"));
  life.resume();
  await clock.runFor(1);
  expect(seen).toEqual(["call", "timer"]);
});

it("nothing is heard of a process that ended, and nothing reaches it", async () => {
  const { clock, life, heard, call } = setUp();
  call("answer", 5);
  life.pause();
  call("call", 5);
  life.end();
  life.resume();
  call("late", 5);
  await clock.runFor(20);
  expect(heard).toEqual([]);
  expect(life.isOver).toBe(true);
});

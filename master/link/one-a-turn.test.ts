import { expect, it } from "vitest";
import type { Fault } from "../../shared/protocol/errors.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { OneATurn } from "./one-a-turn.js";

it("has one a turn, in the order in which they came", async () => {
  const clock = new SimClock();
  const turns = new OneATurn(clock);
  let turn = 0;
  const count = (): void => {
    turn += 1;
    if (turn < 20) clock.afterTurn(count);
  };
  count();
  const order: string[] = [];
  const at: number[] = [];
  const all = ["a", "b", "c"].map(async (name) => {
    await turns.next();
    order.push(name);
    at.push(turn);
  });
  await clock.settle(Promise.all(all), 100);
  expect(order).toEqual(["a", "b", "c"]);
  expect(new Set(at).size).toBe(3);
  await clock.settle(turns.next(), 100);
});

it("refuses who waited for too long, and goes on with the others", async () => {
  const clock = new SimClock();
  const process = clock.process("master");
  const turns = new OneATurn(process);
  const early = [turns.next(), turns.next()].map((one) => one.then(() => undefined).catch((fault: Fault) => fault));
  process.pause();
  await clock.runFor(600);
  const late = turns.next();
  process.resume();
  const faults = await clock.settle(Promise.all(early), 100);
  for (const fault of faults) expect(fault).toMatchObject({ code: "overloaded", retryAfterMs: 1_000 });
  await clock.settle(late, 100);
});

it("leaves the others as much time as each took", async () => {
  const clock = new SimClock();
  const process = clock.process("master");
  const turns = new OneATurn(process);
  const at: number[] = [];
  const all = ["a", "b", "c"].map(async () => {
    await turns.next();
    at.push(clock.monotonicMs());
    process.pause(); // it works for 40 ms
    clock.after(40, () => process.resume());
  });
  await clock.settle(Promise.all(all), 1_000);
  const [first, second, third] = at as [number, number, number];
  expect(second - first).toBeGreaterThanOrEqual(80);
  expect(third - second).toBeGreaterThanOrEqual(80);
  expect(third - first).toBeLessThan(200);
});

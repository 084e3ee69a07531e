import { expect, it } from "vitest";
import { SimClock } from "../../sim/sim-clock.js";
import { Admission } from "./admission.js";

it("admission is bounded by the second, and spreads those who come back", async () => {
  const clock = new SimClock();
  const admission = new Admission(clock, 100);
  const ask = (count: number) => Array.from({ length: count }, () => admission.admit());
  expect(ask(100).every((retryMs) => retryMs === 0)).toBe(true);
  expect(ask(3)).toEqual([10, 20, 30]);
  await clock.runFor(20);
  expect(ask(3)).toEqual([0, 0, 20]);
  await clock.runFor(60_000);
  expect(ask(101).filter((retryMs) => retryMs === 0)).toHaveLength(100);
  expect(Math.max(...ask(10_000))).toBe(10_000);
});

import { expect, it } from "vitest";
import { medianPace, oneAfterAnother, paced, servingOf } from "./pace.js";

it("a pace is of the operations that were done, and of what the serving spent meanwhile", async () => {
  const said = [7, 7.5];
  const serving = { cpuSeconds: async () => said.shift() as number };
  const { result, pace } = await paced(serving, async () => [20, 30], oneAfterAnother);
  expect({ result, pace }).toEqual({ result: [20, 30], pace: { perS: 40, cpuMicroseconds: 250_000 } });
});

it("a process is asked of the system, and of none that is gone anything is told", async () => {
  expect(await servingOf(() => [process.pid, process.pid]).cpuSeconds()).toBeGreaterThan(0);
  expect(await servingOf(() => [process.pid, 2 ** 30]).cpuSeconds()).toBeNaN();
});

it("the middle of several paces is taken of either figure", () => {
  const pace = (perS: number, cpuMicroseconds: number) => ({ perS, cpuMicroseconds });
  expect(medianPace([pace(1, 30), pace(2, 10), pace(3, 20)])).toEqual(pace(2, 20));
});

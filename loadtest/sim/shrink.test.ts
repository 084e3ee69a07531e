import { expect, it } from "vitest";
import { randomPlan } from "./random-plan.js";
import { shrink } from "./shrink.js";

it("leaves of a plan only what it fails by", async () => {
  const plan = randomPlan(7);
  const crash = { kind: "crash", who: "master", downMs: 1, machine: false, atMs: 5 } as const;
  const wanted = [plan.steps[10], plan.steps[40]];
  const small = await shrink(
    { ...plan, faults: [...plan.faults, crash] },
    async ({ faults, steps }) => faults.includes(crash) && wanted.every((step) => step && steps.includes(step)),
  );
  expect(small.faults).toEqual([crash]);
  expect(small.steps).toEqual(wanted);
  expect(small.proxies).toHaveLength(1);
  expect(small.noise.bus.lossRatio).toBe(0);
});

import { expect, it } from "vitest";
import { clockContract } from "../contracts/clock.contract.js";
import { systemClock } from "./system-clock.js";

const pass = (durationMs: number) => new Promise<void>((resolve) => void setTimeout(resolve, durationMs + 5));

clockContract("the system's", () => ({ clock: systemClock, pass }));

it("waits for weeks without asking Node for more than it can", async () => {
  const warnings: string[] = [];
  const keep = (warning: Error) => warnings.push(warning.name);
  process.on("warning", keep);
  const timer = systemClock.after(2 ** 40, () => {});
  await pass(20);
  timer.cancel();
  process.off("warning", keep);
  expect(warnings).not.toContain("TimeoutOverflowWarning");
});

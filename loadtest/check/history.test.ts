import { expect, it } from "vitest";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { Recorder } from "./history.js";
import { Instants } from "./instants.js";

it("records calls in order, with their results and times", async () => {
  const clock = new SimClock();
  const recorder = new Recorder<string, number>(new Instants(clock));
  const first = recorder.begin("a", "x", "read");
  await clock.runFor(5);
  recorder.begin("b", "y", "write");
  first.returned(7);
  expect(recorder.history()).toStrictEqual([
    { process: "a", key: "x", call: "read", result: 7, invokedAtMs: 0, returnedAtMs: expect.closeTo(5, 3) },
    {
      process: "b",
      key: "y",
      call: "write",
      result: undefined,
      invokedAtMs: 5,
      returnedAtMs: Number.POSITIVE_INFINITY,
    },
  ]);
});

it("keeps the order of what happened in one instant of the clock", () => {
  const recorder = new Recorder<string, string>(new Instants(new SimClock()));
  for (let at = 0; at < 1_000; at++) recorder.begin("a", "x", "c").returned("r");
  const times = recorder.history().flatMap(({ invokedAtMs, returnedAtMs }) => [invokedAtMs, returnedAtMs]);
  expect(new Set(times).size).toBe(2_000);
  expect(times).toStrictEqual(times.toSorted((a, b) => a - b));
});

it("forgets a call that certainly never was", () => {
  const recorder = new Recorder<string, string>(new Instants(new SimClock()));
  recorder.begin("a", "x", "c").withdrawn();
  expect(recorder.history()).toStrictEqual([]);
});

it("hands out a copy", () => {
  const recorder = new Recorder<string, string>(new Instants(new SimClock()));
  const pending = recorder.begin("a", "x", "c");
  const early = recorder.history();
  pending.returned("late");
  expect(early[0]?.result).toBeUndefined();
});

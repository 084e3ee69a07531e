import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { discovery } from "../mixes/mixes.js";
import type { Plan } from "./messages.js";
import { Swarm } from "./swarm.js";

/** The second of two drivers, for whom one client and one lock leave nothing to do. */
const IDLE: Plan = {
  ...{
    mix: { ...discovery(5), perClientPerS: {} },
    urls: ["http://127.0.0.1:1"],
    users: [{ holderId: "a", token: "b" }],
    prefix: "load",
  },
  ...{ isGuest: false, clients: 1, speed: 1, fromIntended: false, seed: 1, begunNs: "0", part: 1, parts: 2 },
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a driver waits for the last notices after what is measured, and not within it", async () => {
  const swarm = new Swarm(IDLE);
  await swarm.prepare();
  // No timer runs here: had it one to wait for, it would not come back.
  await swarm.run(0);
  let isTold = false;
  const told = swarm.outcome().then((outcome) => {
    isTold = true;
    return outcome;
  });
  await vi.advanceTimersByTimeAsync(500);
  expect(isTold).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  expect((await told).noticesDue).toBe(0);
});

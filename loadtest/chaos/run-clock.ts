import { systemClock } from "../../shared/adapters/system-clock.js";
import type { Clock } from "../../shared/ports/clock.js";

const NS_PER_MS = 1e6;

/** Now, on the clock that `runClock` counts on. */
export const machineNs = (): bigint => process.hrtime.bigint();

/**
 * Milliseconds since a run began, alike in all its processes: `process.hrtime` reads CLOCK_MONOTONIC, of which a
 * Linux machine has one for all its processes (clock_gettime(2)), and macOS likewise.
 */
export function runClock(begunNs: bigint): Clock {
  return { ...systemClock, monotonicMs: () => Number(machineNs() - begunNs) / NS_PER_MS };
}

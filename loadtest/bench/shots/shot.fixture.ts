import type { Shot } from "./shot.js";

/** A shot that cost so much. */
export const shot = (cpuMicroseconds: number, flaws: string[] = []): Shot => ({
  requestsPerSecond: 50_000 / cpuMicroseconds,
  cpuMicroseconds,
  p50Ms: 1,
  p99Ms: 2,
  flaws,
});

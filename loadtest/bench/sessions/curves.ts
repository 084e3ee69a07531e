import type { Sample } from "./samples.js";

/** How many of some times fall into each so many ms, from 0 to the last of them. */
export function spreadOf(times: readonly number[], bucketMs: number): number[] {
  const counts: number[] = Array(Math.floor(Math.max(0, ...times) / bucketMs) + 1).fill(0);
  for (const ms of times) {
    const bucket = Math.floor(Math.max(0, ms) / bucketMs);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  return counts;
}

/** A master's load between one look and the next. */
export interface Load {
  readonly atMs: number;
  readonly callsPerS: number;
  /** Of one core. */
  readonly cpuShare: number;
}

export function loadsOf(samples: readonly Sample[]): Load[] {
  return samples.slice(1).map((sample, at) => {
    const before = samples[at] as Sample;
    const seconds = (sample.atMs - before.atMs) / 1_000;
    return {
      atMs: sample.atMs,
      callsPerS: (sample.calls - before.calls) / seconds,
      cpuShare: (sample.cpuSeconds - before.cpuSeconds) / seconds,
    };
  });
}

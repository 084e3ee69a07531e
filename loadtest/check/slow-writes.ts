import { LIMITS } from "../../shared/protocol/limits.js";
import type { LockOperation } from "./lock-operation.js";

/** A time. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What the way there and back, and the sync, may take. */
const BESIDE_MS = 1_000;
export const ROUND_MS = LIMITS.proxyLeaseMs / LIMITS.driftFactor;

/** How long writes took, of which none can have waited for another. */
export interface WriteTimes {
  readonly measured: number;
  /** Those that met a time in which no write can be answered. */
  readonly excused: number;
  readonly longestMs: number;
  /** One sentence for each that took too long. */
  readonly broken: readonly string[];
}

/**
 * P7, as a client sees it: a write of a key that proxies hold, and that nobody else changes, is answered within
 * one proxy lease, and what the machine needs beside, whatever those proxies do. `excused` are the times in which
 * the master did not run, or waited for the leases of its last life (E1); `lateMs` is by how much a process of this
 * machine may be late, since others have the processors.
 */
export function writeTimes(writes: readonly LockOperation[], excused: readonly Stretch[], lateMs: number): WriteTimes {
  const counting = writes.filter(({ invokedAtMs, returnedAtMs, result }) => {
    const isExcused = excused.some(({ fromMs, untilMs }) => fromMs <= returnedAtMs && untilMs >= invokedAtMs);
    return result !== undefined && !isExcused;
  });
  const tookMs = ({ invokedAtMs, returnedAtMs }: LockOperation): number => returnedAtMs - invokedAtMs;
  return {
    measured: counting.length,
    excused: writes.length - counting.length,
    longestMs: Math.max(0, ...counting.map(tookMs)),
    broken: counting
      .filter((write) => tookMs(write) > ROUND_MS + BESIDE_MS + lateMs)
      .map(
        (write) =>
          `${write.process} waited ${tookMs(write).toFixed()} ms for the answer to a write of ${write.key}, from ` +
          `${write.invokedAtMs.toFixed()} ms on, though the master ran.`,
      ),
  };
}

/** The longest time between two instants, from a beginning to an end. */
export function longestGap(instants: readonly number[], { fromMs, untilMs }: Stretch): Stretch {
  const within = instants.filter((instant) => instant > fromMs && instant < untilMs).sort((a, b) => a - b);
  const gaps = [fromMs, ...within].map((from, index) => ({ fromMs: from, untilMs: within[index] ?? untilMs }));
  const length = (gap: Stretch): number => gap.untilMs - gap.fromMs;
  return gaps.reduce((longest, gap) => (length(gap) > length(longest) ? gap : longest));
}

/** How much of a time is covered by others, in ms. */
export function coveredMs({ fromMs, untilMs }: Stretch, others: readonly Stretch[]): number {
  let covered = 0;
  let reachedMs = fromMs;
  for (const other of others.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const endMs = Math.min(untilMs, other.untilMs);
    covered += Math.max(0, endMs - Math.max(reachedMs, other.fromMs));
    reachedMs = Math.max(reachedMs, endMs);
  }
  return covered;
}

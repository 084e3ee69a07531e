import { LIMITS } from "../../shared/protocol/limits.js";
import type { Journaled, Uptime } from "./bounded-stall.js";
import type { TrueCommit } from "./true-commits.js";

/** Clocks round. */
const BESIDE_MS = 0.001;

/**
 * T2: the cell's time never goes backwards, and stands still while there is no master: so a TTL lock keeps after a
 * restart the time that it had left, whatever a wall clock says. One sentence for each command that broke it.
 * `lives`: when there was a process of the master, one after the other.
 */
export function brokenCellTime(
  commits: readonly TrueCommit[],
  journaled: readonly Journaled[],
  lives: readonly Uptime[],
): string[] {
  const atMs = new Map(journaled.map((one) => [one.revision, one.atMs]));
  const livedMs = (untilMs: number): number =>
    lives.reduce((sum, life) => sum + Math.max(0, Math.min(untilMs, life.untilMs) - life.fromMs), 0);
  const backwards = commits.flatMap(({ revision, timeMs }, at) => {
    const before = commits[at - 1]?.timeMs ?? 0;
    return timeMs >= before ? [] : [told(revision, `went back to ${timeMs} ms from ${before} ms`)];
  });
  const dated = commits.flatMap(({ revision, timeMs }) => {
    const known = atMs.get(revision);
    return known === undefined ? [] : [{ revision, timeMs, livedMs: livedMs(known) }];
  });
  const ahead = dated.flatMap((one, at) => {
    const before = dated[at - 1] ?? one;
    const [wentMs, mayMs] = [one.timeMs - before.timeMs, one.livedMs - before.livedMs];
    if (wentMs <= mayMs / LIMITS.driftFactor + BESIDE_MS) return [];
    return [told(one.revision, `went on by ${wentMs} ms while there was a master for ${mayMs} ms`)];
  });
  return [...backwards, ...ahead];
}

const told = (revision: number, what: string): string => `At revision ${revision} the cell's time ${what}.`;

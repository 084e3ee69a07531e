import { tableOf } from "../../report/table.js";
import { flawsOf, type Medians, mediansOf, mediansRow } from "../shots/medians.js";
import type { Round } from "../shots/rounds.js";

export type LocksRound = Round<"cell" | "floor">;

/** Of a write, that is an acquire or a release. */
export interface LocksVerdict {
  readonly cell: Medians;
  readonly floor: Medians;
  /** CPU time per write, floor / cell. */
  readonly cpuRatio: number;
  /** Writes per second, cell / floor. */
  readonly rateRatio: number;
  readonly bar: number;
  /** Why the run is void, if it is. */
  readonly flaws: readonly string[];
}

export function locksVerdictOf(rounds: readonly LocksRound[], bar: number): LocksVerdict {
  const { cell, floor } = mediansOf(rounds);
  return {
    ...{ cell, floor, bar },
    cpuRatio: floor.cpuMicroseconds / cell.cpuMicroseconds,
    rateRatio: cell.requestsPerSecond / floor.requestsPerSecond,
    flaws: flawsOf(rounds),
  };
}

/** Whether a run measured what it should, and reached the bar both ways. */
export const locksPass = ({ flaws, cpuRatio, rateRatio, bar }: LocksVerdict): boolean =>
  flaws.length === 0 && cpuRatio >= bar && rateRatio >= bar;

/** A verdict as people read it. */
export function locksVerdictText(verdict: LocksVerdict): string {
  const { cell, floor, cpuRatio, rateRatio, bar, flaws } = verdict;
  return [
    tableOf(
      ["medians, of an acquire or a release", "CPU µs/write", "writes/s", "p50 ms", "p99 ms"],
      [
        mediansRow("floor: the same hops and appends", floor),
        mediansRow("cell: proxy, master and NATS", cell),
        ["ratio", cpuRatio, rateRatio],
      ],
    ),
    ...flaws.map((flaw) => `VOID  ${flaw}`),
    flaws.length > 0
      ? "The run is void: not each write was one commit."
      : `Locks run at ${cpuRatio.toFixed(2)} of the floor by CPU time, and at ${rateRatio.toFixed(2)} by throughput; the bar, ${bar.toFixed(2)} for both, is ${locksPass(verdict) ? "reached" : "MISSED"}.`,
  ].join("\n");
}

import { tableOf } from "../../report/table.js";
import { flawsOf, type Medians, mediansOf, mediansRow } from "../shots/medians.js";
import type { Round } from "../shots/rounds.js";

export interface Verdict {
  readonly proxy: Medians;
  readonly floor: Medians;
  /** CPU time per request, floor / proxy: what the bar is about. 1 is a proxy that costs no more than the floor. */
  readonly cpuRatio: number;
  /** Requests per second, proxy / floor. A busy neighbour moves it. */
  readonly rateRatio: number;
  /** Why the run is void, if it is. */
  readonly flaws: readonly string[];
}

/** The medians of all rounds and their ratios. */
export function verdictOf(rounds: readonly Round<"proxy" | "floor">[]): Verdict {
  const { proxy, floor } = mediansOf(rounds);
  return {
    ...{ proxy, floor },
    cpuRatio: floor.cpuMicroseconds / proxy.cpuMicroseconds,
    rateRatio: proxy.requestsPerSecond / floor.requestsPerSecond,
    flaws: flawsOf(rounds),
  };
}

/** Whether a run measured what it should, and reached the bar. */
export const passes = ({ flaws, cpuRatio }: Verdict, bar: number): boolean => flaws.length === 0 && cpuRatio >= bar;

/** A verdict as people read it. */
export function verdictText(verdict: Verdict, bar: number): string {
  const passed = passes(verdict, bar) ? "reached" : "MISSED";
  return [
    tableOf(
      ["medians", "CPU µs/request", "requests/s", "p50 ms", "p99 ms"],
      [
        mediansRow("floor", verdict.floor),
        mediansRow("proxy", verdict.proxy),
        ["ratio", verdict.cpuRatio, verdict.rateRatio],
      ],
    ),
    ...verdict.flaws.map((flaw) => `VOID  ${flaw}`),
    verdict.flaws.length > 0
      ? "The run is void: it did not measure cached reads."
      : `By CPU time a cached read runs at ${verdict.cpuRatio.toFixed(2)} of the floor; the bar, ${bar.toFixed(2)}, is ${passed}.`,
  ].join("\n");
}

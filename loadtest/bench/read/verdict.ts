import { tableOf } from "../../report/table.js";
import { median } from "../median.js";
import type { Shot } from "./shot.js";

/** Two shots, one soon after the other, so that the machine was much the same for both. */
export interface Pair {
  readonly proxy: Shot;
  readonly floor: Shot;
}

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

export type Medians = Omit<Shot, "flaws">;

/** The medians of all pairs and their ratios. */
export function verdictOf(pairs: readonly Pair[]): Verdict {
  const proxy = mediansOf(pairs.map((pair) => pair.proxy));
  const floor = mediansOf(pairs.map((pair) => pair.floor));
  return {
    proxy,
    floor,
    cpuRatio: floor.cpuMicroseconds / proxy.cpuMicroseconds,
    rateRatio: proxy.requestsPerSecond / floor.requestsPerSecond,
    flaws: pairs.flatMap((pair) => [...pair.proxy.flaws, ...pair.floor.flaws]),
  };
}

function mediansOf(shots: readonly Shot[]): Medians {
  return {
    requestsPerSecond: median(shots.map((shot) => shot.requestsPerSecond)),
    cpuMicroseconds: median(shots.map((shot) => shot.cpuMicroseconds)),
    p50Ms: median(shots.map((shot) => shot.p50Ms)),
    p99Ms: median(shots.map((shot) => shot.p99Ms)),
  };
}

/** Whether a run measured what it should, and reached the bar. */
export const passes = ({ flaws, cpuRatio }: Verdict, bar: number): boolean => flaws.length === 0 && cpuRatio >= bar;

/** A verdict as people read it. */
export function verdictText(verdict: Verdict, bar: number): string {
  const row = (name: string, medians: Medians) => [
    name,
    medians.cpuMicroseconds,
    medians.requestsPerSecond,
    medians.p50Ms,
    medians.p99Ms,
  ];
  const passed = passes(verdict, bar) ? "reached" : "MISSED";
  return [
    tableOf(
      ["medians", "CPU µs/request", "requests/s", "p50 ms", "p99 ms"],
      [row("floor", verdict.floor), row("proxy", verdict.proxy), ["ratio", verdict.cpuRatio, verdict.rateRatio]],
    ),
    ...verdict.flaws.map((flaw) => `VOID  ${flaw}`),
    verdict.flaws.length > 0
      ? "The run is void: it did not measure cached reads."
      : `By CPU time a cached read runs at ${verdict.cpuRatio.toFixed(2)} of the floor; the bar, ${bar.toFixed(2)}, is ${passed}.`,
  ].join("\n");
}

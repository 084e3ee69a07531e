import { median } from "../median.js";
import type { Round } from "./rounds.js";
import type { Shot } from "./shot.js";

export type Medians = Omit<Shot, "flaws">;

/** The medians of all rounds, for each that was shot at. */
export function mediansOf<Name extends string>(rounds: readonly Round<Name>[]): Record<Name, Medians> {
  const names = Object.keys(rounds[0] ?? {}) as Name[];
  return Object.fromEntries(names.map((name) => [name, middleOf(rounds.map((round) => round[name]))])) as Record<
    Name,
    Medians
  >;
}

/** Why a run is void, if it is. */
export const flawsOf = <Name extends string>(rounds: readonly Round<Name>[]): string[] =>
  rounds.flatMap((round) => Object.values<Shot>(round).flatMap(({ flaws }) => flaws));

function middleOf(shots: readonly Shot[]): Medians {
  return {
    requestsPerSecond: median(shots.map((shot) => shot.requestsPerSecond)),
    cpuMicroseconds: median(shots.map((shot) => shot.cpuMicroseconds)),
    p50Ms: median(shots.map((shot) => shot.p50Ms)),
    p99Ms: median(shots.map((shot) => shot.p99Ms)),
  };
}

/** A row of a table of them. */
export const mediansRow = (name: string, medians: Medians): (string | number)[] => [
  name,
  medians.cpuMicroseconds,
  medians.requestsPerSecond,
  medians.p50Ms,
  medians.p99Ms,
];

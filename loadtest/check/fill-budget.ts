import { LIMITS } from "../../shared/protocol/limits.js";
import { groupBy } from "./group-by.js";

/** One life of a proxy asked the master for so many entries. */
export interface FillSent {
  readonly proxy: string;
  readonly life: number;
  readonly keys: number;
  readonly atMs: number;
}

/**
 * P12: a proxy never turns its read load loose on the master: within any time it asks for no more entries than
 * its budget for that time and one second. One sentence for each proxy that did, at its first excess.
 */
export function brokenBudgets(fills: readonly FillSent[], perS: (proxy: string) => number): string[] {
  const lives = groupBy(fills, ({ proxy, life }) => `${proxy} ${life}`);
  return [...lives.values()].flatMap((own) => {
    const excess = firstExcess(own, perS((own[0] as FillSent).proxy));
    if (excess === undefined) return [];
    return [
      `${excess.proxy} asked for more entries than its budget of ${perS(excess.proxy)} a second, at ${excess.atMs} ms.`,
    ];
  });
}

function firstExcess(fills: readonly FillSent[], perS: number): FillSent | undefined {
  let left = perS;
  let lastMs = fills[0]?.atMs ?? 0;
  return fills.find(({ keys, atMs }) => {
    left = Math.min(perS, left + ((atMs - lastMs) / 1_000 / LIMITS.driftFactor) * perS) - keys;
    lastMs = atMs;
    return left < 0;
  });
}

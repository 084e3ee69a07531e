import { tableOf } from "../../report/table.js";
import type { Sample } from "../costs/sample.js";
import { median } from "../median.js";

/** One load on both, one soon after the other, again and again. */
export interface Compared {
  readonly load: string;
  readonly operation: string;
  readonly pairs: readonly { readonly this: Sample; readonly other: Sample }[];
}

/** CPU time that is below this is that of an idle process, and its ratios are noise. */
const NOISE_MICROSECONDS = 0.5;

/** How the CPU time of an operation compares at one process, this / other: above 1, this tree costs more. */
export interface Comparison {
  readonly this: number;
  readonly other: number;
  /** Median, least and most of the ratios of the pairs. */
  readonly ratio: number;
  readonly least: number;
  readonly most: number;
}

export function comparisonOf({ pairs }: Compared, of: "proxy" | "master"): Comparison | undefined {
  const costs = pairs.map((pair) => [pair.this[of].cpuMicroseconds, pair.other[of].cpuMicroseconds] as const);
  const [mine, others] = [median(costs.map(([cost]) => cost)), median(costs.map(([, cost]) => cost))];
  if (Math.max(mine, others) < NOISE_MICROSECONDS) return undefined;
  const ratios = costs.map(([cost, other]) => cost / other);
  return { this: mine, other: others, ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/** As people read it. A process that does nothing for an operation is left out. */
export function comparedText(
  found: readonly Compared[],
  names: { readonly this: string; readonly other: string },
): string {
  const rows = found.flatMap((compared) =>
    (["proxy", "master"] as const).flatMap((of) => {
      const comparison = comparisonOf(compared, of);
      if (comparison === undefined) return [];
      const { ratio, least, most } = comparison;
      const spread = `${least.toFixed(2)}–${most.toFixed(2)}`;
      return [[`${compared.operation}: ${of}`, comparison.this, comparison.other, ratio.toFixed(2), spread]];
    }),
  );
  return [
    tableOf(["CPU µs for one operation", `this (${names.this})`, names.other, "this / other", "of the pairs"], rows),
    `Medians of ${found[0]?.pairs.length} pairs. Below 1 this tree needs less than ${names.other}; a spread on both sides of 1 says nothing.`,
  ].join("\n");
}

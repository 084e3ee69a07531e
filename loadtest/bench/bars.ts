import { shown, tableOf } from "../report/table.js";

/** Something that a bench is to show, and what it showed. */
export interface Bar {
  readonly what: string;
  readonly measured: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A figure that is none meets no bar. */
export const isMet = ({ measured, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY }: Bar) =>
  measured >= atLeast && measured <= atMost;

/** Bars as people read them. */
export const barsText = (bars: readonly Bar[]): string =>
  tableOf(
    ["bar", "measured", "wanted", ""],
    bars.map((bar) => [bar.what, bar.measured, wantedText(bar), isMet(bar) ? "reached" : "MISSED"]),
  );

export function wantedText({ atLeast, atMost }: Bar): string {
  const words = [atLeast === undefined ? "" : `≥ ${shown(atLeast)}`, atMost === undefined ? "" : `≤ ${shown(atMost)}`];
  return words.filter((word) => word !== "").join(", ");
}

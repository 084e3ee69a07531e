import { type Bar, isMet } from "./bars.js";
import type { BarChart } from "./page/bar-chart.js";

/** What a bench came to. */
export interface Outcome {
  /** As people read it. */
  readonly text: string;
  readonly bars: readonly Bar[];
  /** What it measured beside something else, to be drawn. */
  readonly charts: readonly BarChart[];
  /** Why the run is void, if it is. */
  readonly flaws: readonly string[];
}

/** Whether a run measured what it should, and reached its bars. */
export const hasPassed = ({ bars, flaws }: Outcome): boolean => flaws.length === 0 && bars.every(isMet);

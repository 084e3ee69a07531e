import type { Freshness } from "./freshness.js";
import type { Pause } from "./pause.js";
import type { Unheld } from "./unheld.js";

export interface WriteBenchSettings {
  /** How many hold the key, one measurement each. */
  readonly proxies: readonly number[];
  /** What proxies are spread over, and subscribers likewise. */
  readonly processes: number;
  readonly pairs: number;
  /** Of each pair, and as many turns of the floor. */
  readonly writes: number;
  /** How long it is quiet before each of either, in milliseconds. */
  readonly gap: number;
  readonly pauses: number;
  /** The largest ratio that passes. */
  readonly bar: number;
  /** Where the result is written as JSON. */
  readonly out: string;
}

/** What the bench saw. */
export interface WriteFindings {
  readonly freshness: readonly Freshness[];
  readonly unheld: Unheld;
  /** Of one proxy among as many as the bar is about. */
  readonly pauses: readonly Pause[];
}

/** The number of proxies that is judged: the most that have a process each. Undefined if no number of them has. */
export function judgedOf({
  proxies,
  processes,
}: Pick<WriteBenchSettings, "proxies" | "processes">): number | undefined {
  const alone = proxies.filter((number) => number <= processes);
  return alone.length === 0 ? undefined : Math.max(...alone);
}

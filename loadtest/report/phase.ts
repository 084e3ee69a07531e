import type { Lag } from "../driver/pacer.js";
import type { Outcome } from "../driver/tally.js";
import type { Reading } from "./reading.js";

/** One half of a run: what the clients did, and what it cost whom. */
export interface Phase {
  readonly outcome: Outcome;
  /** How late operations began, of each second. */
  readonly lags: readonly Lag[];
  /** Between the readings of the counters, just before the first operation and after the last answer. */
  readonly elapsedSeconds: number;
  readonly master: Reading;
  /** All proxies together. */
  readonly proxies: Reading;
  /** What broke of the promises, as its clients saw it. */
  readonly promises: Promises;
}

export interface Promises {
  /** Operations on locks that the validators looked at. */
  readonly judged: number;
  /** A sentence each. */
  readonly broken: readonly string[];
  /** Whether the search for an order of some lock's operations was given up. */
  readonly undecided: boolean;
}

/** What happened in one stretch of time at one place. */
export interface Sample {
  /** Processor cores that the master used. Undefined where nobody can tell. */
  readonly masterCores: number | undefined;
  readonly masterRequestsPerS: number;
  /** Reads at the proxies, and how many of them the cache answered. */
  readonly readsPerS: number;
  readonly hitsPerS: number;
}

export interface Moment {
  /** Since the start of what is measured, at the end of the stretch. */
  readonly atS: number;
  readonly direct: Sample;
  readonly proxied: Sample;
  readonly idleCores: number | undefined;
}

/** A run: the same work, directly at a master and through proxies: at once at two cells, or in turns at one. */
export interface Run {
  readonly direct: Phase;
  readonly proxied: Phase;
  /** Processor cores that a master uses while nobody asks for anything. Undefined where nobody can tell. */
  readonly idleCores: number | undefined;
  readonly moments: readonly Moment[];
  /** Requests of others, while no client was played. */
  readonly strangers: number;
}

/** Client operations that were answered, errors included. A notice is none: nobody asks for it. */
export function operationsOf({ outcome }: Phase): number {
  const { Notice: _, ...kinds } = outcome.kinds;
  return Object.values(kinds).reduce((sum, { done, failed }) => sum + done + failed, 0);
}

import type { Outcome } from "../driver/tally.js";
import type { Reading } from "./reading.js";

/** One half of a run: what the clients did, and what it cost whom. */
export interface Phase {
  readonly outcome: Outcome;
  /** Between the readings of the counters, just before the first operation and after the last answer. */
  readonly elapsedSeconds: number;
  /** Calls of proxies that had reached the master before. */
  readonly setUpCalls: number;
  readonly master: Reading;
  /** All proxies together. */
  readonly proxies: Reading;
}

/** A run: the same work, first directly at the master and then through the proxies. */
export interface Run {
  readonly direct: Phase;
  readonly proxied: Phase;
}

/** Client operations that were answered, errors included. */
export function operationsOf({ outcome }: Phase): number {
  return Object.values(outcome.kinds).reduce((sum, { done, failed }) => sum + done + failed, 0);
}

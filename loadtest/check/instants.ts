import type { Clock } from "../../shared/ports/clock.js";

/** Less than any clock shows, more than rounding swallows. */
const INSTANT_MS = 1e-6;

/**
 * The instants at which the clients of one process call and are answered, in the order in which that happens.
 *
 * The order is what is judged, and a clock that stands still for a while (a simulated one does) would make
 * calls seem to overlap that did not, and hide stale reads. So no two instants are alike: where the clock has not
 * moved, the next instant is a nanosecond later. Histories that are judged together share theirs.
 */
export class Instants {
  readonly #clock: Clock;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** This instant, in ms. */
  now(): number {
    this.#lastMs = Math.max(this.#clock.monotonicMs(), this.#lastMs + INSTANT_MS);
    return this.#lastMs;
  }
}

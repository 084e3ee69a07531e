import { TIMING } from "../base/timing.js";
import type { Random } from "../ports/random.js";

/**
 * How long to wait before the next try: anything up to a bound that doubles ("full jitter": M. Brooker, "Exponential
 * Backoff and Jitter", 2015), so that many who fail together do not come back together.
 */
export class Backoff {
  readonly #random: Random;
  #boundMs: number = TIMING.backoffFirstMs;

  constructor(random: Random) {
    this.#random = random;
  }

  /** At least as long as the other side asked for. */
  nextMs(atLeastMs = 0): number {
    const jitterMs = this.#random.fraction() * this.#boundMs;
    this.#boundMs = Math.min(this.#boundMs * 2, TIMING.backoffMostMs);
    return atLeastMs + jitterMs;
  }

  reset(): void {
    this.#boundMs = TIMING.backoffFirstMs;
  }
}

import type { Clock } from "../../ports/clock.js";

/** Nobody is told to stay away for longer. */
const RETRY_MS_MAX = 10_000;

/**
 * How many may come in: a bucket of tokens, a second's worth at most. When a proxy dies, all its clients come at once;
 * whoever is refused is told when its turn would be, so that they come back one after the other.
 */
export class Admission {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #perS: number;
  #tokens: number;
  #filledMs: number;
  /** How many were refused and told to come back after now. */
  #expected = 0;

  constructor(clock: Pick<Clock, "monotonicMs">, perS: number) {
    this.#clock = clock;
    this.#perS = perS;
    this.#tokens = perS;
    this.#filledMs = clock.monotonicMs();
  }

  /** 0: come in. Else when to come back, in ms. */
  admit(): number {
    const nowMs = this.#clock.monotonicMs();
    const gained = ((nowMs - this.#filledMs) * this.#perS) / 1_000;
    this.#filledMs = nowMs;
    this.#tokens = Math.min(this.#perS, this.#tokens + gained);
    this.#expected = Math.max(0, this.#expected - gained);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    this.#expected += 1;
    return Math.min(RETRY_MS_MAX, Math.ceil((this.#expected * 1_000) / this.#perS));
  }
}

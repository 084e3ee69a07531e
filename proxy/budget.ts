import type { Clock } from "../shared/ports/clock.js";
import { Fault } from "../shared/protocol/errors.js";

const RETRY_AFTER_MS = 1_000;

/**
 * How much a proxy may ask of the master (P12): a bucket that refills steadily and holds one second's worth.
 * A proxy without a lease or with a cold cache sheds its readers rather than turning them loose on the master.
 */
export class Budget {
  readonly #clock: Clock;
  readonly #perS: number;
  #left: number;
  #filledAtMs: number;

  constructor(clock: Clock, perS: number) {
    this.#clock = clock;
    this.#perS = perS;
    this.#left = perS;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** Takes so many from the bucket, or throws `overloaded` and takes nothing. */
  spend(amount: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#left = Math.min(this.#perS, this.#left + ((nowMs - this.#filledAtMs) / 1_000) * this.#perS);
    this.#filledAtMs = nowMs;
    if (this.#left < amount) {
      throw new Fault(
        "overloaded",
        "This proxy may not ask the master for more just now. Retry, or accept a stale answer (Cache-Control: max-stale=N).",
        { retryAfterMs: RETRY_AFTER_MS },
      );
    }
    this.#left -= amount;
  }
}

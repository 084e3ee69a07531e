import type { Clock } from "../shared/ports/clock.js";

/**
 * The cell's own time (rule T2): it goes on from the last journaled value at the pace of this master's
 * monotonic clock, and stands still while no master runs. So a TTL lock keeps over a restart what it had
 * left, and no step of a wall clock frees one.
 */
export class CellTime {
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #fromMs: number;

  constructor(clock: Clock, lastJournaledMs: number) {
    this.#clock = clock;
    this.#startedAtMs = clock.monotonicMs();
    this.#fromMs = lastJournaledMs;
  }

  /** Milliseconds of the cell's life; never goes back. */
  nowMs(): number {
    return this.#fromMs + (this.#clock.monotonicMs() - this.#startedAtMs);
  }
}

import type { Due } from "./schedule.js";

const TICK_MAX_MS = 20;
/** No more operations than this are under way; what is due then waits, and shows as lag. */
const IN_FLIGHT_MAX = 20_000;

/** How late operations began, of each second. */
export interface Lag {
  readonly meanMs: number;
  readonly maxMs: number;
}

/**
 * Begins operations when they are due, whether or not earlier ones have been answered: a slow server is asked as often
 * as a fast one. What falls behind is made up for, so that the same stretch of a schedule is always the same work.
 */
export class Pacer {
  readonly #schedule: Iterator<Due, never>;
  readonly #inFlight: () => number;
  #next: Due;
  #doneMs = 0;
  #isStopped = false;

  constructor(schedule: Iterator<Due, never>, inFlight: () => number) {
    this.#schedule = schedule;
    this.#inFlight = inFlight;
    this.#next = schedule.next().value;
  }

  /** Begins nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Goes on for this long where the schedule was left. `start` is told when the operation should have begun, as
   * `performance.now` counts. Resolves when the last has begun, with the lag of each second.
   */
  run(forMs: number, start: (due: Due, intendedMs: number) => void): Promise<Lag[]> {
    const untilMs = this.#doneMs + forMs;
    const baseMs = performance.now() - this.#doneMs;
    const lags = Array.from({ length: Math.ceil(forMs / 1_000) }, () => ({ count: 0, sumMs: 0, maxMs: 0 }));
    const fromMs = this.#doneMs;
    this.#doneMs = untilMs;
    return new Promise((resolve) => {
      const tick = (): void => {
        const nowMs = performance.now() - baseMs;
        while (
          !this.#isStopped &&
          this.#next.atMs <= nowMs &&
          this.#next.atMs < untilMs &&
          this.#inFlight() < IN_FLIGHT_MAX
        ) {
          const due = this.#next;
          const lag = lags[Math.floor((due.atMs - fromMs) / 1_000)];
          if (lag !== undefined) {
            lag.count += 1;
            lag.sumMs += nowMs - due.atMs;
            lag.maxMs = Math.max(lag.maxMs, nowMs - due.atMs);
          }
          this.#next = this.#schedule.next().value;
          start(due, baseMs + due.atMs);
        }
        if (this.#isStopped || (this.#next.atMs >= untilMs && nowMs >= untilMs)) {
          resolve(lags.map(({ count, sumMs, maxMs }) => ({ meanMs: sumMs / Math.max(1, count), maxMs })));
          return;
        }
        setTimeout(tick, Math.min(TICK_MAX_MS, Math.max(1, Math.min(this.#next.atMs, untilMs) - nowMs)));
      };
      tick();
    });
  }
}

import type { Clock } from "../ports/clock.js";

/** The longest that timers can wait; anything longer fires at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The clock of this machine, in Node as in a browser. */
export const realClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, fn) {
    const dueMs = performance.now() + delayMs;
    let timeout = arm();
    function arm(): ReturnType<typeof setTimeout> {
      const leftMs = Math.ceil(dueMs - performance.now());
      return setTimeout(fire, Math.min(leftMs, LONGEST_TIMEOUT_MS));
    }
    // Timers are cut to whole milliseconds and may fire up to one too early.
    function fire(): void {
      if (performance.now() < dueMs) timeout = arm();
      else fn();
    }
    return { cancel: () => clearTimeout(timeout) };
  },
};

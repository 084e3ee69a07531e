/** A timer that was started on a `Clock`. */
export interface Timer {
  /** Stops the timer. Harmless when it has fired or was cancelled before. */
  cancel(): void;
}

/**
 * Time, as every room of the cell sees it.
 *
 * Leases are compared on `monotonicMs` at the moment of use; `after` only wakes somebody up, and being
 * woken late is normal (a stalled event loop is a slow clock).
 */
export interface Clock {
  /** Milliseconds since an arbitrary instant. Never goes back, is not moved by NTP steps. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch. May jump. For showing, and for ending a lease early, never for lengthening one. */
  wallMs(): number;
  /** Calls `fn` once, not before `delayMs` have passed on the monotonic clock. */
  after(delayMs: number, fn: () => void): Timer;
  /** Calls `fn` when the present turn of the event loop is over: what came in together can then travel together. */
  afterTurn(fn: () => void): void;
}

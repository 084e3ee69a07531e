/** A timer that was started on a `Clock`. */
export interface Timer {
  /** Stops the timer. Harmless when it has fired or was cancelled before. */
  cancel(): void;
}

/**
 * Time, as the client sees it; the cell's own clock port fits. Leases are compared at the moment of use; `after` only
 * wakes somebody up, and being woken late is normal.
 */
export interface Clock {
  /** Milliseconds since an arbitrary instant. Never goes back. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch. May jump: it may end a lease early, and never lengthens one (rule S4). */
  wallMs(): number;
  /** Calls `fn` once, not before `delayMs` have passed on the monotonic clock. */
  after(delayMs: number, fn: () => void): Timer;
}

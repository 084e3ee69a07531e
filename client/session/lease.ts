import { LIMITS } from "../../shared/protocol/limits.js";
import type { Clock } from "../ports/clock.js";

/** The moment before a request was sent, on both clocks, and to which attachment of the session it belongs. */
export interface Sending {
  readonly monotonicMs: number;
  readonly wallMs: number;
  readonly attempt: number;
}

/** What an answer grants: for how long, and under which attachment number (null: nothing is anchored yet). */
export interface Grant {
  readonly leaseMs: number;
  readonly attachment: number | null;
}

/**
 * The client's own lease: the time for which it may believe that its session, and so each of its locks, is its own.
 *
 * The naive client counts from when the answer arrives, and takes every answer for good. But the cell counts from when
 * it answered, and an answer may lie in a socket for long; so the lease is counted from before the sending of the very
 * request that is answered, less the drift. And a session that is being resumed elsewhere may live there by other
 * terms than those of the gateway that it leaves; so from the sending of a resume on, nothing lengthens the lease that
 * was asked before it, or was answered under a number that the client knew already (rule S3).
 *
 * It is checked at the moment of use, on both clocks, whichever says first that it is over (rule S4).
 */
export class Lease {
  readonly #clock: Clock;
  #untilMs = Number.NEGATIVE_INFINITY;
  #untilWallMs = Number.NEGATIVE_INFINITY;
  #attempt = 0;
  #attachment: number | null = null;
  /** Known when the last resume was sent: only higher numbers count. */
  #floor: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest attachment number that is known; null while nothing was anchored. */
  get attachment(): number | null {
    return this.#attachment;
  }

  /** To be called before a request is sent whose answer may lengthen the lease. */
  sending(): Sending {
    const { monotonicMs, wallMs } = this.#now();
    return { monotonicMs, wallMs, attempt: this.#attempt };
  }

  /** To be called before a resume is sent, in place of `sending`. */
  resuming(): Sending {
    this.#attempt += 1;
    this.#floor = this.#attachment;
    return this.sending();
  }

  /** A session that never held anything is given up for a new one. */
  renewed(): Sending {
    this.#attachment = null;
    return this.resuming();
  }

  /** Lengthens the lease, if the answer may. It never shortens it. Returns whether it was taken. */
  extend(sent: Sending, { leaseMs, attachment }: Grant): boolean {
    if (sent.attempt !== this.#attempt) return false;
    if (this.#floor !== null && (attachment === null || attachment <= this.#floor)) return false;
    this.attached(attachment);
    const grantedMs = leaseMs * LIMITS.driftFactor;
    const untilMs = sent.monotonicMs + grantedMs;
    if (untilMs > this.#untilMs) {
      this.#untilMs = untilMs;
      this.#untilWallMs = sent.wallMs + grantedMs;
    }
    return true;
  }

  /** Takes note of the number in an answer that grants no time. */
  attached(attachment: number | null): void {
    if (attachment !== null) this.#attachment = Math.max(attachment, this.#attachment ?? attachment);
  }

  /** It is over, whatever was granted. */
  end(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }

  /** What is left of it at this instant, in ms; 0 if it does not run. Once over it stays so, whatever the clocks do. */
  leftMs(): number {
    const { monotonicMs, wallMs } = this.#now();
    const leftMs = Math.min(this.#untilMs - monotonicMs, this.#untilWallMs - wallMs);
    if (leftMs > 0) return leftMs;
    this.end();
    return 0;
  }

  #now(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs() };
  }
}

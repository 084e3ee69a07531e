import type { Clock } from "../../shared/ports/clock.js";
import type { AuthorisedRead, TokenChange } from "../check/authorised.js";
import type { Journaled, RoundOpened, Uptime } from "../check/bounded-stall.js";
import type { Answered } from "../check/exactly-once.js";
import type { FillSent } from "../check/fill-budget.js";
import { Recorder } from "../check/history.js";
import type { LockCall, LockResult } from "../check/lock-operation.js";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One thing that happened, for people. */
export interface TraceLine {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** A read that takes an answer of up to this age. */
export type StaleRead = Extract<LockCall, { kind: "read" }> & { readonly staleMs: number };

/** All that is known of a run afterwards. Times are true time, in ms. */
export class Records {
  readonly locks: Recorder<LockCall, LockResult>;
  /** Reads that asked for staleness and got it, with how stale they may be. */
  readonly stale: Recorder<StaleRead, LockResult>;
  readonly answered: Answered[] = [];
  readonly tokens: TokenChange[] = [];
  readonly reads: AuthorisedRead[] = [];
  readonly rounds: RoundOpened[] = [];
  readonly journaled: Journaled[] = [];
  readonly uptimes: Uptime[] = [];
  readonly fills: FillSent[] = [];
  /** What did not converge, and what nobody expected: a sentence each. */
  readonly mishaps: TraceLine[] = [];
  readonly trace: TraceLine[] = [];
  readonly #clock: Clock;
  readonly #tracing: boolean;

  constructor(clock: Clock, tracing: boolean) {
    this.#clock = clock;
    this.#tracing = tracing;
    this.locks = new Recorder(clock);
    this.stale = new Recorder(clock);
  }

  /** Notes what happened, if anybody wants to read it; the text is made only then. */
  tell(who: string, what: () => string): void {
    if (this.#tracing) this.trace.push({ atMs: this.#clock.monotonicMs(), who, what: what() });
  }

  mishap(who: string, what: string): void {
    this.mishaps.push({ atMs: this.#clock.monotonicMs(), who, what });
    this.tell(who, () => what);
  }
}

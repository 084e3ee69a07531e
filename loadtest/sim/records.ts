import type { Clock } from "../../shared/ports/clock.js";
import type { Answer } from "../../shared/protocol/commands.js";
import { Recorder } from "../check/history.js";
import type { LockCall, LockResult } from "../check/lock-operation.js";

/** One thing that happened, for people. */
export interface TraceLine {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** What a command was answered under its operation id; each time that it was sent. */
export interface Answered {
  readonly operationId: string;
  readonly by: string;
  readonly atMs: number;
  readonly answer: Answer;
}

/** The operator took a token out of the configuration, or put it back. */
export interface TokenChanged {
  readonly user: string;
  readonly kind: "revoke" | "grant";
  readonly calledAtMs: number;
  /** When it was in force everywhere. Infinity: nobody was told. */
  answeredAtMs: number;
}

/** A read that was answered, or refused for want of a token. */
export interface AuthorisedRead {
  readonly user: string;
  readonly by: string;
  readonly door: string;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
  readonly allowed: boolean;
  readonly stale: boolean;
}

/** The master opened a round. */
export interface RoundOpened {
  readonly life: number;
  readonly round: number;
  readonly keys: readonly string[];
  readonly proxies: readonly string[];
  readonly openedAtMs: number;
}

/** A command came to the journal. */
export interface Journaled {
  readonly life: number;
  readonly key: string;
  readonly atMs: number;
}

/** The master was up and running without a break. */
export interface Uptime {
  readonly life: number;
  readonly fromMs: number;
  untilMs: number;
}

/** A proxy asked the master for so many entries. */
export interface FillSent {
  readonly proxy: string;
  readonly life: number;
  readonly keys: number;
  readonly atMs: number;
}

/** All that is known of a run afterwards. Times are true time, in ms. */
export class Records {
  readonly locks: Recorder<LockCall, LockResult>;
  /** Reads that asked for staleness and got it, with how stale they may be. */
  readonly stale: Recorder<LockCall & { readonly staleMs: number }, LockResult>;
  readonly answered: Answered[] = [];
  readonly tokens: TokenChanged[] = [];
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

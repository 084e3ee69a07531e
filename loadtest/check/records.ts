import type { Clock } from "../../shared/ports/clock.js";
import type { AskedInVain } from "./asked-in-vain.js";
import type { AuthorisedRead, TokenChange } from "./authorised.js";
import type { Journaled, RoundOpened, Uptime } from "./bounded-stall.js";
import type { Answered } from "./exactly-once.js";
import type { FillSent } from "./fill-budget.js";
import { type Operation, Recorder } from "./history.js";
import { Instants } from "./instants.js";
import type { ListCall, ListedLock, ListRead } from "./list-read.js";
import type { LockCall, LockResult } from "./lock-operation.js";
import type { SessionEvidence } from "./session-evidence.js";
import { SessionRecords } from "./session-records.js";

/** One thing that happened, for people. */
export interface TraceLine {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
}

/** What was learned of a run, as plain data: what the validators look at. Times are of one clock, in ms. */
export interface Evidence {
  readonly locks: readonly Operation<LockCall, LockResult>[];
  /** Reads that asked for staleness and got it, with how stale they may be. */
  readonly stale: readonly Operation<StaleRead, LockResult>[];
  readonly lists: readonly ListRead[];
  readonly answered: readonly Answered[];
  readonly tokens: readonly TokenChange[];
  readonly reads: readonly AuthorisedRead[];
  readonly rounds: readonly RoundOpened[];
  readonly journaled: readonly Journaled[];
  readonly uptimes: readonly Uptime[];
  /** When there was a process of the master, serving or not. */
  readonly masterLives: readonly Uptime[];
  readonly fills: readonly FillSent[];
  readonly inVain: readonly AskedInVain[];
  readonly ofSessions: SessionEvidence;
  /** What did not converge, and what nobody expected: a sentence each. */
  readonly mishaps: readonly TraceLine[];
}

/** A read that takes an answer of up to this age. */
export type StaleRead = Extract<LockCall, { kind: "read" }> & { readonly staleMs: number };

/** Where what is learned of a run is written down while it runs. */
export class Records {
  readonly locks: Recorder<LockCall, LockResult>;
  readonly stale: Recorder<StaleRead, LockResult>;
  readonly lists: Recorder<ListCall, readonly ListedLock[]>;
  readonly answered: Answered[] = [];
  readonly tokens: TokenChange[] = [];
  readonly reads: AuthorisedRead[] = [];
  readonly rounds: RoundOpened[] = [];
  readonly journaled: Journaled[] = [];
  readonly uptimes: Uptime[] = [];
  readonly masterLives: Uptime[] = [];
  readonly fills: FillSent[] = [];
  readonly inVain: AskedInVain[] = [];
  readonly ofSessions: SessionRecords;
  readonly mishaps: TraceLine[] = [];
  readonly trace: TraceLine[] = [];
  readonly #clock: Clock;
  readonly #tracing: boolean;

  constructor(clock: Clock, tracing: boolean) {
    this.#clock = clock;
    this.#tracing = tracing;
    const instants = new Instants(clock);
    this.locks = new Recorder(instants);
    this.stale = new Recorder(instants);
    this.lists = new Recorder(instants);
    this.ofSessions = new SessionRecords(clock);
  }

  /** True time. */
  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Notes what happened, if anybody wants to read it; the text is made only then. */
  tell(who: string, what: () => string): void {
    if (this.#tracing) this.trace.push({ atMs: this.#clock.monotonicMs(), who, what: what() });
  }

  mishap(who: string, what: string): void {
    this.mishaps.push({ atMs: this.#clock.monotonicMs(), who, what });
    this.tell(who, () => what);
  }

  evidence(): Evidence {
    const { answered, tokens, reads, rounds, journaled, uptimes, masterLives, fills, inVain, mishaps } = this;
    const ofMaster = { rounds, journaled, uptimes, masterLives, fills, inVain };
    const histories = { locks: this.locks.history(), stale: this.stale.history(), lists: this.lists.history() };
    const ofSessions = this.ofSessions.evidence();
    return { ...histories, answered, tokens, reads, ...ofMaster, ofSessions, mishaps };
  }
}

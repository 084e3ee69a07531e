import type { Clock } from "../../shared/ports/clock.js";
import type { Mutable } from "./mutable.js";
import type {
  HeldSpan,
  LifeEnd,
  Renewal,
  SessionAnswer,
  SessionEvidence,
  SessionLife,
  SignOfLife,
  Watched,
} from "./session-evidence.js";

export type OpenSessionLife = Mutable<SessionLife> & { readonly signs: SignOfLife[] };
export type OpenWatched = Mutable<Watched> & { readonly items: Watched["items"][number][] };

/** A lock that a client has, and whether its own lease runs. */
export interface TrackedLock {
  readonly lock: string;
  readonly client: string;
  readonly fencingToken: number;
  isHeld(): boolean;
}

/** Where what happens to sessions and watches is written down while a run goes on. */
export class SessionRecords {
  readonly sessions: OpenSessionLife[] = [];
  readonly answers: SessionAnswer[] = [];
  readonly watches: OpenWatched[] = [];
  readonly renewals: Renewal[] = [];
  readonly lifeEnds: LifeEnd[] = [];
  readonly #clock: Clock;
  readonly #tracked = new Map<TrackedLock, Mutable<HeldSpan> | undefined>();
  readonly #held: HeldSpan[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A client was given a lock. */
  track(lock: TrackedLock): void {
    this.#tracked.set(lock, undefined);
    this.look();
  }

  /** Its user is done with it, and does not ask any more. */
  untrack(lock: TrackedLock): void {
    this.#tracked.delete(lock);
  }

  /** Asks each lock whether it is held, at this instant: regularly, and whenever one may have begun to be. */
  look(): void {
    const atMs = this.#clock.monotonicMs();
    for (const [lock, span] of this.#tracked) {
      if (!lock.isHeld()) this.#tracked.set(lock, undefined);
      else if (span === undefined) this.#tracked.set(lock, this.#begin(lock, atMs));
      else span.untilMs = atMs;
    }
  }

  evidence(): SessionEvidence {
    const { sessions, answers: sessionAnswers, watches, renewals, lifeEnds } = this;
    return { held: this.#held, sessions, sessionAnswers, watches, renewals, lifeEnds };
  }

  #begin({ lock, client, fencingToken }: TrackedLock, atMs: number): Mutable<HeldSpan> {
    const span = { lock, client, fencingToken, fromMs: atMs, untilMs: atMs };
    this.#held.push(span);
    return span;
  }
}

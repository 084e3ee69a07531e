import type { SessionLock, SessionWait } from "../../shared/protocol/entries.js";
import { Deferred } from "../base/deferred.js";
import { isPassing, OctofleetError } from "../base/error.js";
import { sessionLifeMs, TIMING } from "../base/timing.js";
import { abortable } from "../base/waiting.js";
import { Backoff } from "../link/backoff.js";
import type { Connection } from "../link/connection.js";
import type { Link } from "../link/link.js";
import type { Push, Reply } from "../link/messages.js";
import type { Timer } from "../ports/clock.js";
import type { Platform } from "../ports/platform.js";
import { type Grant, Lease, type Sending } from "./lease.js";

/** `safe`: the client's own lease runs. `jeopardy`: it does not, and the session may live or not. `expired`: it is over. */
export type SessionState = "safe" | "jeopardy" | "expired";

export interface PresenceListener {
  onState(state: SessionState): void;
  /** It was resumed, or given up for a new one, and holds these locks and no others. */
  onResumed(locks: readonly SessionLock[]): void;
  onGranted(push: Push & { type: "granted" }): void;
}

/** Who the session is to the cell. */
export interface Identity {
  readonly sessionId: string;
  readonly resumeSecret: string;
  /** Whether a write was sent under it: from then on the cell may have anchored it. */
  wrote: boolean;
}

/** Where a session lives just now. */
export interface Place {
  readonly connection: Connection;
  readonly identity: Identity;
  /** For what it waited when it came here. */
  readonly waits: readonly SessionWait[];
}

export interface PresenceParts {
  readonly platform: Platform;
  readonly link: Link;
  readonly leaseMs: number | undefined;
  readonly listener: PresenceListener;
}

/** The shortest and longest time after which a KeepAlive without reply tells of a dead gateway. */
const REPLY_MS = { least: 1_000, most: TIMING.silenceMs };

/**
 * A session's being there: opened, kept alive, resumed on each new connection, and over in the end.
 *
 * A session that has sent no write is its gateway's own, and nobody could tell one such from another; so on another
 * connection it simply becomes a new one, which costs the master nothing. Once a write was sent, it may be anchored
 * although no answer came: it is resumed, and only if the cell does not know it, and no answer ever told of an
 * anchoring, it becomes a new one. If the lost write is decided after that, the lock goes to a session that nobody
 * believes in, and that dies of silence.
 */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #lease: Lease;
  #unfollow: (() => void) | undefined;
  #identity: Identity | undefined;
  #leaseMs: number;
  #place: Place | undefined;
  #placed = new Deferred<Place>();
  readonly #ended = new Deferred<never>();
  #attaching: object | undefined;
  #shown: SessionState = "safe";
  #endMs = Number.POSITIVE_INFINITY;
  #over: OctofleetError | undefined;
  #keepAliveTimer: Timer | undefined;
  #stateTimer: Timer | undefined;
  #retryTimer: Timer | undefined;
  #refusals = 0;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    this.#leaseMs = parts.leaseMs ?? 0;
    this.#lease = new Lease(parts.platform.clock);
  }

  start(): void {
    this.#unfollow = this.#parts.link.follow({
      onUp: (connection) => this.#attach(connection),
      onDown: () => this.#displace(),
      onPush: (connection, push) => this.#onPush(connection, push),
      onOver: (error) => this.end(error),
    });
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Whether nobody in the cell needs to be told that it ends. */
  get isNowhere(): boolean {
    return this.#over !== undefined || (this.#place === undefined && !this.#identity?.wrote);
  }

  /** Rejects when it is over. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  get leaseMs(): number {
    return this.#leaseMs;
  }

  get over(): OctofleetError | undefined {
    return this.#over;
  }

  /** What the session is at this instant, by the clocks and not by any timer. */
  state(): SessionState {
    if (this.#over === undefined && this.#parts.platform.clock.monotonicMs() >= this.#endMs) this.#graceIsOver();
    if (this.#over !== undefined) return "expired";
    return this.#lease.leftMs() > 0 ? "safe" : "jeopardy";
  }

  /** Where it lives, as soon as it lives somewhere. Rejects when it is over. */
  placed(signal?: AbortSignal): Promise<Place> {
    if (this.state() === "expired") return Promise.reject(this.#over);
    return abortable(this.#place === undefined ? this.#placed.promise : Promise.resolve(this.#place), signal);
  }

  /** Whether it still lives where it did. */
  isAt(place: Place): boolean {
    return this.#place === place;
  }

  /** Takes note of the attachment number in the answer to a write. */
  attached(identity: Identity, attachment: number | null): void {
    if (identity === this.#identity) this.#lease.attached(attachment);
  }

  /** Asks the cell whether it lives, by resuming it where it is. */
  verify(place: Place): void {
    if (this.#place !== place) return;
    this.#displace();
    this.#attach(place.connection);
  }

  /** It is over: by the cell's word, by the clock, or because its user wants so. */
  end(error: OctofleetError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#displace();
    this.#attaching = undefined;
    this.#unfollow?.();
    this.#stateTimer?.cancel();
    this.#placed.reject(error);
    this.#ended.reject(error);
    this.#show("expired");
  }

  /** What never wrote has nothing to lose, and is opened anew whenever that can be done. */
  #graceIsOver(): void {
    if (this.#identity?.wrote) this.end(graceIsOver());
    else this.#endMs = this.#parts.platform.clock.monotonicMs() + sessionLifeMs(this.#leaseMs);
  }

  #displace(): void {
    this.#keepAliveTimer?.cancel();
    this.#retryTimer?.cancel();
    if (this.#place === undefined) return;
    this.#place = undefined;
    this.#placed = new Deferred();
  }

  /** Opens or resumes the session on a connection, again and again until it is told how that ends. */
  #attach(connection: Connection): void {
    if (this.state() === "expired") return;
    this.#displace();
    const attaching = {};
    this.#attaching = attaching;
    const backoff = new Backoff(this.#parts.platform.random);
    const isCurrent = () => this.#attaching === attaching;
    const attempt = (): void => {
      if (!isCurrent()) return;
      const retry = (error: Error | undefined): void => {
        if (!isCurrent() || connection.isOver) return;
        if (isPassing(error)) this.#retryTimer = this.#later(backoff, error, attempt);
        else this.#refused(error as OctofleetError, attempt);
      };
      if (this.#identity?.wrote) this.#resume(connection, this.#identity, isCurrent, retry);
      else this.#open(connection, isCurrent, retry);
    };
    attempt();
  }

  #later(backoff: Backoff, error: Error | undefined, act: () => void): Timer {
    const hintMs = error instanceof OctofleetError ? error.retryAfterMs : 0;
    this.#countRefusal();
    return this.#parts.platform.clock.after(backoff.nextMs(hintMs), act);
  }

  #open(connection: Connection, isCurrent: () => boolean, retry: (error: Error | undefined) => void): void {
    const sent = this.#lease.renewed();
    const { leaseMs } = this.#parts;
    connection.ask("openSession", leaseMs === undefined ? {} : { leaseMs }, (reply, error) => {
      if (reply === undefined || !isCurrent()) {
        retry(error);
        return;
      }
      const { sessionId, resumeSecret } = reply;
      this.#identity = { sessionId, resumeSecret, wrote: false };
      this.#parts.listener.onResumed([]);
      this.#settle(connection, sent, { leaseMs: reply.leaseMs, attachment: null, waits: [] });
    });
  }

  #resume(
    connection: Connection,
    identity: Identity,
    isCurrent: () => boolean,
    retry: (error: Error | undefined) => void,
  ): void {
    const sent = this.#lease.resuming();
    const { sessionId, resumeSecret } = identity;
    connection.ask("resumeSession", { sessionId, resumeSecret }, (reply, error) => {
      if (reply === undefined || !isCurrent()) retry(error);
      else this.#resumed(connection, sent, reply);
    });
  }

  #resumed(connection: Connection, sent: Sending, reply: Reply<"resumeSession">): void {
    this.#parts.listener.onResumed(reply.locks);
    this.#settle(connection, sent, reply);
  }

  #settle(connection: Connection, sent: Sending, grant: Grant & { waits: readonly SessionWait[] }): void {
    this.#attaching = undefined;
    this.#refusals = 0;
    this.#leaseMs = grant.leaseMs;
    this.#place = { connection, identity: this.#identity as Identity, waits: grant.waits };
    this.#extend(sent, grant);
    this.#keepAliveAt(sent);
    this.#placed.resolve(this.#place);
  }

  /** The cell does not know the session, or will have nothing to do with it. */
  #refused(error: OctofleetError, again: () => void): void {
    const isGone = error.code === "session_expired" || error.code === "not_found";
    if (!isGone || this.#lease.attachment !== null || this.#identity === undefined) {
      this.end(isGone ? sessionGone(error) : error);
      return;
    }
    this.#identity.wrote = false;
    again();
  }

  #extend(sent: Sending, grant: Grant): void {
    if (!this.#lease.extend(sent, grant)) return;
    this.#endMs = sent.monotonicMs + sessionLifeMs(grant.leaseMs);
    this.#show("safe");
    this.#watchState();
  }

  /** Tells of the states in time; what they are is asked of `state`. */
  #watchState(): void {
    const { clock } = this.#parts.platform;
    this.#stateTimer?.cancel();
    const leftMs = this.#lease.leftMs();
    const untilEndMs = this.#endMs - clock.monotonicMs();
    this.#stateTimer = clock.after(leftMs > 0 ? leftMs : Math.max(0, untilEndMs), () => {
      const state = this.state();
      this.#show(state);
      if (state !== "expired") this.#watchState();
    });
  }

  #show(state: SessionState): void {
    if (state === this.#shown) return;
    this.#shown = state;
    this.#parts.listener.onState(state);
  }

  /** The next KeepAlive goes a third of the lease after the last one was sent. */
  #keepAliveAt(sent: Sending): void {
    const { clock } = this.#parts.platform;
    const dueMs = sent.monotonicMs + this.#leaseMs / 3;
    this.#keepAliveIn(Math.max(0, dueMs - clock.monotonicMs()));
  }

  #keepAliveIn(delayMs: number): void {
    this.#keepAliveTimer?.cancel();
    this.#keepAliveTimer = this.#parts.platform.clock.after(delayMs, () => this.#keepAlive());
  }

  #keepAlive(): void {
    const place = this.#place;
    if (place === undefined || this.state() === "expired") return;
    const sent = this.#lease.sending();
    place.connection.ask("keepAlive", { sessionId: place.identity.sessionId }, (reply, error) => {
      if (this.#place !== place) return;
      if (reply === undefined) {
        this.#keepAliveFailed(place, error);
        return;
      }
      this.#refusals = 0;
      this.#extend(sent, { leaseMs: reply.leaseMs, attachment: reply.attachment ?? null });
    });
    place.connection.expectReply(Math.min(Math.max(this.#leaseMs / 6, REPLY_MS.least), REPLY_MS.most));
    this.#keepAliveAt(sent);
  }

  #keepAliveFailed(place: Place, error: Error | undefined): void {
    if (!(error instanceof OctofleetError)) return;
    if (error.retry !== "later") {
      this.verify(place);
      return;
    }
    this.#countRefusal();
    const jitterMs = TIMING.backoffFirstMs * this.#parts.platform.random.fraction();
    this.#keepAliveIn(Math.min((error.retryAfterMs ?? TIMING.backoffFirstMs) + jitterMs, this.#leaseMs / 3));
  }

  #countRefusal(): void {
    this.#refusals += 1;
    if (this.#refusals % REFUSALS_TILL_MOVE === 0) this.#parts.link.move();
  }

  #onPush(connection: Connection, push: Push): void {
    const sessionId = this.#identity?.sessionId;
    if (sessionId === undefined || !("sessionId" in push) || push.sessionId !== sessionId) return;
    if (this.#place?.connection !== connection) return; // what it has is told when it is resumed
    if (push.type === "granted") this.#parts.listener.onGranted(push);
    else this.verify(this.#place);
  }
}

/** A gateway that refuses KeepAlives so often in a row has lost the master; another one may have not. */
const REFUSALS_TILL_MOVE = 3;

const graceIsOver = (): OctofleetError =>
  new OctofleetError("session_expired", "Nothing was heard of the cell for so long that the session is given up.");

const sessionGone = (error: OctofleetError): OctofleetError => new OctofleetError("session_expired", error.message);

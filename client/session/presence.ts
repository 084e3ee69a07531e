import type { SessionLock, SessionWait } from "../../shared/protocol/entries.js";
import { Deferred } from "../base/deferred.js";
import { OctofleetError } from "../base/error.js";
import { sessionLifeMs } from "../base/timing.js";
import { abortable } from "../base/waiting.js";
import type { Connection } from "../link/connection.js";
import type { Link } from "../link/link.js";
import type { Push } from "../link/messages.js";
import type { Timer } from "../ports/clock.js";
import type { Platform } from "../ports/platform.js";
import { type Attached, Attaching, type Identity } from "./attaching.js";
import { KeepAlives } from "./keep-alives.js";
import { type Grant, Lease, type Sending } from "./lease.js";

/** `safe`: the client's own lease runs. `jeopardy`: it does not, and the session may live or not. `expired`: it is over. */
export type SessionState = "safe" | "jeopardy" | "expired";

export interface PresenceListener {
  onState(state: SessionState): void;
  /** It was resumed, or given up for a new one, and holds these locks and no others. */
  onResumed(locks: readonly SessionLock[]): void;
  onGranted(push: Push & { type: "granted" }): void;
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

/** A gateway that puts a session off so often in a row has lost the master; another one may have not. */
const PUT_OFFS_TILL_MOVE = 3;

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
  readonly #ending = new AbortController();
  #attaching: Attaching | undefined;
  #keepAlives: KeepAlives | undefined;
  #shown: SessionState = "safe";
  #endMs = Number.POSITIVE_INFINITY;
  #over: OctofleetError | undefined;
  #stateTimer: Timer | undefined;
  #putOffs = 0;

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

  /** Aborted, with the reason, when it is over. A signal, since one can stop listening to it. */
  get ending(): AbortSignal {
    return this.#ending.signal;
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

  /**
   * The gateway does not have it: asks the cell whether it lives, by resuming it where it is. Its locks may be free
   * already, for when its owner ends it elsewhere nobody waits for the lease (rule S6).
   */
  verify(place: Place): void {
    if (this.#place !== place) return;
    this.#lease.end();
    this.#displace();
    this.#attach(place.connection);
    this.#show(this.state());
  }

  /** It is over: by the cell's word, by the clock, or because its user wants so. */
  end(error: OctofleetError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    this.#displace();
    this.#unfollow?.();
    this.#stateTimer?.cancel();
    this.#placed.reject(error);
    this.#ending.abort(error);
    this.#show("expired");
  }

  /** What never wrote has nothing to lose, and is opened anew whenever that can be done. */
  #graceIsOver(): void {
    if (this.#identity?.wrote) this.end(graceIsOver());
    else this.#endMs = this.#parts.platform.clock.monotonicMs() + sessionLifeMs(this.#leaseMs);
  }

  #displace(): void {
    this.#attaching?.stop();
    this.#keepAlives?.stop();
    if (this.#place === undefined) return;
    this.#place = undefined;
    this.#placed = new Deferred();
  }

  #attach(connection: Connection): void {
    if (this.state() === "expired") return;
    this.#displace();
    const { platform, leaseMs } = this.#parts;
    this.#attaching = new Attaching({
      platform,
      lease: this.#lease,
      connection,
      identity: this.#identity,
      leaseMs,
      onAttached: (attached) => this.#settle(connection, attached),
      onPutOff: () => this.#putOff(),
      onRefused: (error) => this.end(error),
    });
  }

  #settle(connection: Connection, attached: Attached): void {
    const { identity, sent, leaseMs, waits } = attached;
    this.#identity = identity;
    this.#leaseMs = leaseMs;
    this.#parts.listener.onResumed(attached.locks); // before anything of it counts as held
    const place = { connection, identity, waits };
    this.#place = place;
    this.#kept(sent, attached);
    this.#keepAlives = new KeepAlives(
      {
        platform: this.#parts.platform,
        lease: this.#lease,
        connection,
        sessionId: identity.sessionId,
        leaseMs,
        onKept: (asked, grant) => this.#kept(asked, grant),
        onPutOff: () => this.#putOff(),
        onDoubt: () => this.verify(place),
      },
      sent,
    );
    this.#placed.resolve(place);
  }

  #putOff(): void {
    this.#putOffs += 1;
    if (this.#putOffs % PUT_OFFS_TILL_MOVE === 0) this.#parts.link.move();
  }

  #kept(sent: Sending, grant: Grant): void {
    this.#putOffs = 0;
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

  #onPush(connection: Connection, push: Push): void {
    const sessionId = this.#identity?.sessionId;
    if (sessionId === undefined || !("sessionId" in push) || push.sessionId !== sessionId) return;
    if (this.#place?.connection !== connection) return; // what it has is told when it is resumed
    if (push.type === "granted") {
      this.#parts.listener.onGranted(push);
      return;
    }
    this.verify(this.#place);
  }
}

const graceIsOver = (): OctofleetError =>
  new OctofleetError("session_expired", "Nothing was heard of the cell for so long that the session is given up.");

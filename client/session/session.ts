import type { SessionLock } from "../../shared/protocol/entries.js";
import { Emitter } from "../base/emitter.js";
import { OctofleetError } from "../base/error.js";
import { TIMING } from "../base/timing.js";
import { abortable, pause } from "../base/waiting.js";
import type { Link } from "../link/link.js";
import type { Granted } from "../link/messages.js";
import type { Platform } from "../ports/platform.js";
import { Acquire, type AcquireFields } from "./acquire.js";
import { Lock, type LockGrant, type WaitOptions } from "./lock.js";
import { Presence, type SessionState } from "./presence.js";
import { Writes } from "./writes.js";

export interface SessionOptions {
  /** How long the session shall live without a word from the client: 5,000 to 300,000 ms, 12,000 if left out. */
  readonly leaseMs?: number | undefined;
}

export interface AcquireOptions {
  /** Takes a place in the lock's queue if it is not free; otherwise `acquire` rejects with a `LockHeldError`. */
  readonly wait?: boolean | undefined;
  /** What readers of the lock see: at most 1,024 characters. */
  readonly metadata?: string | null | undefined;
  /** How long the lock stays closed if its holder is lost: 0 to 60,000 ms, 0 if left out. */
  readonly lockDelayMs?: number | undefined;
  /** Takes the wish back; a lock that is granted all the same is released. */
  readonly signal?: AbortSignal | undefined;
}

/** What a session tells of: the states that it comes into. */
export interface SessionEvents {
  /** The client's own lease runs again. */
  safe: undefined;
  /** It has run out, and no lock is `held`; the session may live or not. */
  jeopardy: undefined;
  /** The session is over, and its locks are lost. */
  expired: OctofleetError;
}

/**
 * A client's presence in the cell. Its locks live and die with it; it outlives connections, proxies and restarts of
 * the master. Made by `client.openSession`.
 */
export class Session {
  readonly #platform: Platform;
  readonly #presence: Presence;
  readonly #writes: Writes;
  readonly #events = new Emitter<SessionEvents>();
  readonly #locks = new Map<string, Lock>();
  readonly #acquires = new Map<string, Acquire>();
  /** Locks that are being released, or whose acquire is being taken back: nothing new is begun on them before. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #closing: Promise<void> | undefined;

  readonly #onOver: () => void;

  constructor(parts: { platform: Platform; link: Link; options: SessionOptions; onOver: () => void }) {
    const { platform, link, options, onOver } = parts;
    this.#platform = platform;
    this.#onOver = onOver;
    this.#presence = new Presence({
      platform,
      link,
      leaseMs: options.leaseMs,
      listener: {
        onState: (state) => this.#onState(state),
        onResumed: (locks) => this.#onResumed(locks),
        onGranted: (push) => this.#onGranted(push),
      },
    });
    this.#writes = new Writes(platform, this.#presence);
  }

  /** For the client: resolves when the session is open. */
  async open(signal?: AbortSignal): Promise<void> {
    this.#presence.start();
    try {
      await this.#presence.placed(signal);
    } catch (error) {
      this.#presence.end(closed());
      throw error;
    }
  }

  /** Its name in the cell. A session that never wrote has another one after its proxy was lost. */
  get id(): string {
    return this.#presence.identity?.sessionId as string;
  }

  /** As the cell granted it, in ms. */
  get leaseMs(): number {
    return this.#presence.leaseMs;
  }

  /** What it is at this very instant. */
  get state(): SessionState {
    return this.#closing === undefined ? this.#presence.state() : "expired";
  }

  /** Calls `listener` at each such change, until the returned function is called. */
  on<Name extends keyof SessionEvents>(event: Name, listener: (value: SessionEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Takes a lock for this session. It is sent until it is answered: over reconnects, and for 10 minutes if need be.
   *
   * Rejects with the signal's reason, with a `LockHeldError`, or with the `OctofleetError` that the cell refused it by;
   * `session_expired` when the session is over; `conflict` for a lock that this session has, or waits for, already.
   */
  async acquire(name: string, options: AcquireOptions = {}): Promise<Lock> {
    const { signal } = options;
    signal?.throwIfAborted();
    while (this.#busy.has(name)) await abortable(this.#busy.get(name) as Promise<unknown>, signal);
    this.#throwIfOver();
    if (this.#locks.has(name) || this.#acquires.has(name)) throw hasAlready(name);
    return this.#acquire(name, options);
  }

  /**
   * Ends the session and frees its locks. `held` is false from the call on. Resolves when the cell knows; if it cannot
   * be reached for a while, the session is left to die of silence. Never rejects but with the signal's reason.
   */
  close({ signal }: WaitOptions = {}): Promise<void> {
    this.#closing ??= this.#close();
    return abortable(this.#closing, signal);
  }

  /** `await using session = …` closes it, where the runtime has it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #acquire(name: string, { signal, ...options }: AcquireOptions): Promise<Lock> {
    const parts = { platform: this.#platform, presence: this.#presence, writes: this.#writes };
    const acquire = new Acquire(parts, name, fieldsOf(options));
    this.#acquires.set(name, acquire);
    const taken = acquire.outcome
      .then((grant) => this.#take(acquire, grant))
      .finally(() => this.#acquires.delete(name));
    const takeBack = () => {
      acquire.takeBack();
      void this.#occupy(name, taken);
    };
    signal?.addEventListener("abort", takeBack, { once: true });
    try {
      const lock = await abortable(taken, signal);
      if (lock === undefined) throw closed();
      return lock;
    } finally {
      signal?.removeEventListener("abort", takeBack);
    }
  }

  /** What was granted becomes a lock; or is released, if nobody wants it any more. */
  async #take(acquire: Acquire, grant: LockGrant | undefined): Promise<Lock | undefined> {
    if (grant === undefined) return undefined;
    if (acquire.isTakenBack || this.#closing !== undefined) {
      await this.#free(grant).catch(() => {});
      return undefined;
    }
    const lock: Lock = new Lock(grant, {
      isSafe: () => this.#closing === undefined && this.#presence.state() === "safe",
      setMetadata: (of, metadata) => this.#setMetadata(lock, of, metadata),
      release: (of) => this.#release(lock, of),
    });
    this.#locks.set(grant.name, lock);
    if (this.#presence.over !== undefined) this.#loseAll(this.#presence.over);
    return lock;
  }

  async #setMetadata(lock: Lock, { name, leaseId }: LockGrant, metadata: string | null): Promise<void> {
    try {
      await this.#writes.send("setMetadata", { name, leaseId, metadata });
    } catch (error) {
      if (isNotCurrent(error)) this.#lose(lock, error);
      throw error;
    }
  }

  #release(lock: Lock, grant: LockGrant): Promise<void> {
    if (this.#locks.get(lock.name) === lock) this.#locks.delete(lock.name);
    return this.#occupy(lock.name, this.#free(grant));
  }

  /** A lock that is not ours any more is as free as it can be made. */
  async #free({ name, leaseId }: LockGrant): Promise<void> {
    try {
      await this.#writes.send("release", { name, leaseId });
    } catch (error) {
      if (!isNotCurrent(error) && this.#presence.over === undefined) throw error;
    }
  }

  #occupy<T>(name: string, work: Promise<T>): Promise<T> {
    const done = work
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (this.#busy.get(name) === done) this.#busy.delete(name);
      });
    this.#busy.set(name, done);
    return work;
  }

  #onGranted(push: Granted): void {
    const acquire = this.#acquires.get(push.name);
    if (acquire?.onGranted(push) || this.#locks.get(push.name)?.isOf(push.leaseId)) return;
    this.#freeStray(push);
  }

  /** The cell's list is the truth: what is missing there was lost, what nobody here wants is given back. */
  #onResumed(held: readonly SessionLock[]): void {
    for (const lock of [...this.#locks.values()]) {
      if (!held.some(({ leaseId }) => lock.isOf(leaseId))) this.#lose(lock, lostMeanwhile(lock.name));
    }
    for (const each of held) {
      const isWanted = this.#locks.has(each.name) || this.#acquires.has(each.name) || this.#busy.has(each.name);
      if (!isWanted) this.#freeStray({ ...each, metadata: null });
    }
    for (const acquire of this.#acquires.values()) acquire.onMoved();
  }

  #freeStray(grant: LockGrant): void {
    if (!this.#busy.has(grant.name)) this.#occupy(grant.name, this.#free(grant)).catch(() => {});
  }

  #onState(state: SessionState): void {
    const over = this.#presence.over;
    if (over !== undefined) {
      this.#onOver();
      this.#loseAll(over);
    }
    if (this.#closing !== undefined) return;
    if (state === "expired") this.#events.emit("expired", over as OctofleetError);
    else this.#events.emit(state, undefined);
  }

  #loseAll(reason: OctofleetError): void {
    for (const lock of [...this.#locks.values()]) this.#lose(lock, reason);
  }

  #lose(lock: Lock, reason: OctofleetError): void {
    if (this.#locks.get(lock.name) === lock) this.#locks.delete(lock.name);
    lock.lose(reason);
  }

  async #close(): Promise<void> {
    this.#locks.clear();
    const late = new AbortController();
    const timer = this.#platform.clock.after(TIMING.closeMs, () => late.abort());
    try {
      await this.#closeAtCell(late.signal);
    } finally {
      timer.cancel();
      this.#presence.end(closed());
    }
  }

  async #closeAtCell(signal: AbortSignal): Promise<void> {
    while (!this.#presence.isNowhere && !signal.aborted) {
      try {
        const { connection, identity } = await this.#presence.placed(signal);
        await abortable(connection.request("closeSession", { sessionId: identity.sessionId }), signal);
        return;
      } catch (error) {
        if (error instanceof OctofleetError && error.retry !== "later") return; // it was over before
        await pause(this.#platform.clock, TIMING.backoffFirstMs, signal).catch(() => {});
      }
    }
  }

  #throwIfOver(): void {
    if (this.#closing !== undefined) throw closed();
    if (this.#presence.state() === "expired") throw this.#presence.over ?? closed();
  }
}

function fieldsOf({ wait = false, metadata, lockDelayMs }: Omit<AcquireOptions, "signal">): AcquireFields {
  return { wait, ...(metadata !== undefined && { metadata }), ...(lockDelayMs !== undefined && { lockDelayMs }) };
}

const isNotCurrent = (error: unknown): error is OctofleetError =>
  error instanceof OctofleetError && (error.code === "lease_not_current" || error.code === "not_found");

const closed = (): OctofleetError => new OctofleetError("session_expired", "The session was closed.");

const hasAlready = (name: string): OctofleetError =>
  new OctofleetError("conflict", `This session has the lock ${name}, or waits for it, already.`);

const lostMeanwhile = (name: string): OctofleetError =>
  new OctofleetError("lease_not_current", `The lock ${name} was lost while the session was without a connection.`);

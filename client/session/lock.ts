import { Deferred } from "../base/deferred.js";
import { Emitter } from "../base/emitter.js";
import { OctofleetError } from "../base/error.js";
import { abortable } from "../base/waiting.js";

/** A lock as the cell granted it. */
export interface LockGrant {
  readonly name: string;
  readonly leaseId: string;
  readonly fencingToken: number;
  readonly metadata: string | null;
}

/** What a lock needs of its session. */
export interface LockOwner {
  /** Whether the client's own lease runs, at this very instant. */
  isSafe(): boolean;
  setMetadata(grant: LockGrant, metadata: string | null): Promise<void>;
  /** Resolves when the cell has freed it, or it was free already. */
  release(grant: LockGrant): Promise<void>;
}

export interface WaitOptions {
  /** Ends the waiting, not what was begun. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A lock that was granted to a session.
 *
 * Whoever acts on it asks `held` right before, and shows `fencingToken` to the services that it writes to: between the
 * asking and the acting any time may pass, and then only the service can tell.
 */
export class Lock {
  readonly name: string;
  /** Larger than that of every earlier grant of any lock of the cell. */
  readonly fencingToken: number;
  /** Resolves, with the reason, when the lock was lost without having been released. Never rejects. */
  readonly lost: Promise<OctofleetError>;
  readonly #grant: LockGrant;
  readonly #owner: LockOwner;
  readonly #lost = new Deferred<OctofleetError>();
  readonly #events = new Emitter<{ lost: OctofleetError }>();
  #metadata: string | null;
  #loss: OctofleetError | undefined;
  #released: Promise<void> | undefined;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(grant: LockGrant, owner: LockOwner) {
    this.name = grant.name;
    this.fencingToken = grant.fencingToken;
    this.lost = this.#lost.promise;
    this.#grant = grant;
    this.#owner = owner;
    this.#metadata = grant.metadata;
  }

  /**
   * Whether nobody else can hold it at this very instant, by the client's own lease. False while that does not run,
   * although the lock may come to be held again; and for ever from the call of `release` or of the session's `close`.
   */
  get held(): boolean {
    return this.#released === undefined && this.#loss === undefined && this.#owner.isSafe();
  }

  /** What its readers see: of the last `setMetadata` that was answered. */
  get metadata(): string | null {
    return this.#metadata;
  }

  /** Calls `listener` when the lock is lost, until the returned function is called. */
  on(event: "lost", listener: (reason: OctofleetError) => void): () => void {
    return this.#events.on(event, listener);
  }

  /** Replaces the metadata. Resolves when every reader sees it. In the order of the calls. */
  setMetadata(metadata: string | null, { signal }: WaitOptions = {}): Promise<void> {
    const write = this.#lastWrite.then(async () => {
      if (this.#loss !== undefined) throw this.#loss;
      if (this.#released !== undefined) throw notCurrent(this.name);
      await this.#owner.setMetadata(this.#grant, metadata);
      this.#metadata = metadata;
    });
    this.#lastWrite = write.catch(() => {});
    return abortable(write, signal);
  }

  /**
   * Gives it up. `held` is false from the call on; resolves when the lock is free for others. With the signal aborted
   * it rejects, and is released all the same.
   */
  release({ signal }: WaitOptions = {}): Promise<void> {
    this.#released ??= this.#loss === undefined ? this.#owner.release(this.#grant) : Promise.resolve();
    return abortable(this.#released, signal);
  }

  /** `await using lock = …` releases it, where the runtime has it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** For the session: whether this is the grant that the cell speaks of. */
  isOf(leaseId: string): boolean {
    return this.#grant.leaseId === leaseId;
  }

  /** For the session: it is held no more. */
  lose(reason: OctofleetError): void {
    if (this.#loss !== undefined || this.#released !== undefined) return;
    this.#loss = reason;
    this.#lost.resolve(reason);
    this.#events.emit("lost", reason);
  }
}

const notCurrent = (name: string): OctofleetError =>
  new OctofleetError("lease_not_current", `The lock ${name} was released.`);

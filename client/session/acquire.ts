import { Deferred } from "../base/deferred.js";
import { LockHeldError, OctofleetError } from "../base/error.js";
import { abortable } from "../base/waiting.js";
import type { Granted, Reply } from "../link/messages.js";
import type { Platform } from "../ports/platform.js";
import type { LockGrant } from "./lock.js";
import type { Place, Presence } from "./presence.js";
import { Operation, type Writes } from "./writes.js";

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

export interface AcquireParts {
  readonly platform: Platform;
  readonly presence: Presence;
  readonly writes: Writes;
}

/** What is sent of a wish. */
interface Asked {
  readonly name: string;
  readonly wait: boolean;
  readonly metadata?: string | null;
  readonly lockDelayMs?: number;
}

/**
 * One wish for a lock, until it is granted, refused or taken back.
 *
 * What was sent cannot be unsent. So a wish that is taken back goes on until it is known what became of it: a place in
 * the queue is given up, and a lock that was granted all the same is for the session to release.
 */
export class Acquire {
  readonly name: string;
  /** How it ended. Undefined: it was taken back, and nothing was granted. */
  readonly outcome: Promise<LockGrant | undefined>;
  readonly #parts: AcquireParts;
  readonly #asked: Asked;
  readonly #operation: Operation;
  readonly #granted = new Deferred<LockGrant>();
  readonly #takenBack = new Deferred<"takenBack">();
  #moved = new Deferred<"moved">();
  #isTakenBack = false;

  constructor(parts: AcquireParts, name: string, options: AcquireOptions) {
    this.#parts = parts;
    this.name = name;
    this.#asked = askedOf(name, options);
    this.#operation = new Operation(parts.platform);
    this.outcome = this.#run();
    this.outcome.catch(() => {});
  }

  get isTakenBack(): boolean {
    return this.#isTakenBack;
  }

  takeBack(): void {
    this.#isTakenBack = true;
    this.#takenBack.resolve("takenBack");
  }

  /** The session lives in another place: what waits there is to be asked for anew. */
  onMoved(): void {
    this.#moved.resolve("moved");
    this.#moved = new Deferred();
  }

  /** The session has a grant. Returns whether it is this wish's. */
  onGranted(push: Granted): boolean {
    const isOurs = push.name === this.name && this.#operation.isKnownAs(push.operationId);
    if (isOurs) this.#granted.resolve(push);
    return isOurs;
  }

  async #run(): Promise<LockGrant | undefined> {
    for (;;) {
      const answer = await Promise.race([this.#granted.promise, this.#send()]);
      if (!("reply" in answer)) return answer;
      const { reply, place } = answer;
      if (reply.type === "acquired") return { ...reply, name: this.name };
      if (reply.type !== "waiting") {
        if (this.#isTakenBack) return undefined;
        throw unavailable(this.name, reply);
      }
      const next = await this.#wait(place);
      if (next === "takenBack") return this.#cancel();
      if (next !== "moved") return next;
    }
  }

  #send(): Promise<{ reply: Reply<"acquire">; place: Place }> {
    const sending = this.#parts.writes.send("acquire", this.#asked, this.#operation);
    sending.catch(() => {}); // may be overtaken by the grant
    return sending;
  }

  #wait(place: Place): Promise<LockGrant | "moved" | "takenBack"> {
    const { presence } = this.#parts;
    const moved = presence.isAt(place) ? this.#moved.promise : Promise.resolve("moved" as const);
    return abortable(Promise.race([this.#granted.promise, this.#takenBack.promise, moved]), presence.ending);
  }

  async #cancel(): Promise<LockGrant | undefined> {
    const { writes } = this.#parts;
    const asked = { name: this.name, waitOperationId: this.#operation.id };
    try {
      const { reply } = await writes.send("cancelAcquire", asked);
      return reply.type === "acquired" ? { ...reply, name: this.name } : undefined;
    } catch (error) {
      if (error instanceof OctofleetError && error.retry === "never") return undefined; // there is no such place
      throw error;
    }
  }
}

function askedOf(name: string, { wait = false, metadata, lockDelayMs }: AcquireOptions): Asked {
  return { name, wait, ...(metadata !== undefined && { metadata }), ...(lockDelayMs !== undefined && { lockDelayMs }) };
}

function unavailable(name: string, reply: Reply<"acquire"> & { type: "held" | "delayed" }): LockHeldError {
  const { retryAfterMs } = reply;
  return reply.type === "held"
    ? new LockHeldError(`Somebody else holds the lock ${name}.`, { ...reply })
    : new LockHeldError(`The lock delay of ${name} runs: its last holder was lost.`, {
        holderId: null,
        metadata: null,
        retryAfterMs,
      });
}

import { LIMITS } from "../../shared/protocol/limits.js";
import { isPassing, OctofleetError } from "../base/error.js";
import { pause } from "../base/waiting.js";
import { Backoff } from "../link/backoff.js";
import type { Asked, Reply } from "../link/messages.js";
import type { Platform } from "../ports/platform.js";
import type { Place, Presence } from "./presence.js";

type WriteType = "acquire" | "cancelAcquire" | "release" | "setMetadata";
type Fields<Type extends WriteType> = Omit<Asked<Type>, "sessionId" | "operationId">;

/** An operation, under the id by which it may be sent again and again, and takes effect once (promise P5). */
export class Operation {
  readonly #platform: Platform;
  readonly #firstSentMs: number;
  readonly #ids: string[] = [];
  #sessionId: string | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#firstSentMs = platform.clock.monotonicMs();
    this.refused();
  }

  get id(): string {
    return this.#ids.at(-1) as string;
  }

  /** Whether it was, or is, known to the cell as `id`. */
  isKnownAs(id: string): boolean {
    return this.#ids.includes(id);
  }

  /** To be called before it is sent: to the cell the same wish of another session is another operation. */
  sendingFor(sessionId: string): void {
    if (this.#sessionId !== undefined && this.#sessionId !== sessionId) this.refused();
    this.#sessionId = sessionId;
  }

  /** Goes back to an id under which the cell has a place in a queue for it after all. */
  goBackTo(id: string): void {
    if (this.isKnownAs(id)) this.#ids.push(id);
  }

  /**
   * Another id, after the cell has refused the present one for good: copies of it were sent under attachments of the
   * session that are past, so none of them can take effect any more (rule S1).
   */
  refused(): void {
    this.#ids.push(this.#platform.random.hex(OPERATION_ID_BYTES));
  }

  /** The cell forgets what it answered some time after this. */
  get isTooOld(): boolean {
    return this.#platform.clock.monotonicMs() - this.#firstSentMs >= LIMITS.operationRetryMs;
  }
}

const OPERATION_ID_BYTES = 16;
/** How often a write of a session that lives is refused as one of a session that does not, before that is believed. */
const REFUSALS_MAX = 5;

export interface Written<Type extends WriteType> {
  readonly reply: Reply<Type>;
  /** Where it was answered. */
  readonly place: Place;
}

/** A session's writes: each is sent until it is answered, wherever the session lives by then. */
export class Writes {
  readonly #platform: Platform;
  readonly #presence: Presence;

  constructor(platform: Platform, presence: Presence) {
    this.#platform = platform;
    this.#presence = presence;
  }

  /** Rejects with an `OctofleetError`: refused, or not answered within `operationRetryMs`. */
  async send<Type extends WriteType>(
    type: Type,
    fields: Fields<Type>,
    operation: Operation = new Operation(this.#platform),
  ): Promise<Written<Type>> {
    const backoff = new Backoff(this.#platform.random);
    let refusals = 0;
    for (;;) {
      const place = await this.#presence.placed();
      try {
        return await this.#sendOnce(type, fields, operation, place);
      } catch (error) {
        if (isOfDeadSession(error) && refusals < REFUSALS_MAX) {
          refusals += 1;
          operation.refused();
          this.#presence.verify(place);
        } else if (!isPassing(error) || operation.isTooOld) {
          throw known(error);
        } else if (this.#presence.isAt(place)) {
          const waitMs = backoff.nextMs(error instanceof OctofleetError ? error.retryAfterMs : 0);
          await pause(this.#platform.clock, waitMs, this.#presence.ending);
        }
      }
    }
  }

  async #sendOnce<Type extends WriteType>(
    type: Type,
    fields: Fields<Type>,
    operation: Operation,
    place: Place,
  ): Promise<Written<Type>> {
    const { connection, identity, waits } = place;
    operation.sendingFor(identity.sessionId);
    const waiting = waits.find(({ name }) => name === fields.name);
    if (type === "acquire" && waiting !== undefined) operation.goBackTo(waiting.operationId);
    identity.wrote = true;
    const sent = { ...fields, sessionId: identity.sessionId, operationId: operation.id };
    const reply = await connection.request(type, sent as unknown as Asked<Type>);
    if ("attachment" in reply) this.#presence.attached(identity, reply.attachment);
    return { reply, place };
  }
}

/** The session is over, or was resumed elsewhere meanwhile: the write does not tell which. */
const isOfDeadSession = (error: unknown): boolean =>
  error instanceof OctofleetError && error.code === "session_expired";

const known = (error: unknown): OctofleetError =>
  error instanceof OctofleetError ? error : new OctofleetError("upstream_unavailable", "No reply came in time.");

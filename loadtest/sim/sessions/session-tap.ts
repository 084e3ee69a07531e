import type { Clock } from "../../../shared/ports/clock.js";
import { lockKey } from "../../../shared/protocol/keys.js";
import type { DownMessage, ReplyMessage } from "../../../shared/protocol/session/down.js";
import type { UpMessage } from "../../../shared/protocol/session/up.js";
import { holderIdOf } from "../../../shared/protocol/tokens.js";
import type { Pending } from "../../check/history.js";
import type { LockResult } from "../../check/lock-operation.js";
import type { Records } from "../../check/records.js";
import type { OpenSessionLife } from "../../check/session-records.js";
import { withoutAddress } from "../../check/told-of.js";
import type { Tap } from "../sockets/sockets.js";

type LockWrite = Extract<UpMessage, { operationId: string }>;

interface Asked {
  readonly message: UpMessage;
  readonly sentMs: number;
  /** Of a status: the read. */
  readonly read: Pending<LockResult> | undefined;
}

/** A write under one operation id, over all its sendings; or the newest, if the session became another one meanwhile. */
interface Written {
  readonly message: LockWrite;
  readonly pending: Pending<LockResult> | undefined;
  isDecided: boolean;
}

/**
 * What goes over a client's sockets, written down for the validators: the client library hides which operation ids,
 * sessions and attachments are behind what it says.
 */
export class SessionTap {
  readonly #clock: Clock;
  readonly #records: Records;
  readonly #client: string;
  readonly #user: string;
  readonly #written = new Map<string, Written>();
  readonly #sessions = new Map<string, OpenSessionLife>();
  /** Rule S3: what was known of a session when its last resume was sent. */
  readonly #floors = new Map<string, number | null>();

  constructor(parts: { clock: Clock; records: Records; client: string; user: string }) {
    this.#clock = parts.clock;
    this.#records = parts.records;
    this.#client = parts.client;
    this.#user = parts.user;
  }

  session(sessionId: string): OpenSessionLife | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Its owner asks that a session ends. */
  ending(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) session.closedMs = Math.min(session.closedMs, this.#clock.monotonicMs());
  }

  /** The sessions of a process, when that has died. */
  died(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const session of this.#sessions.values()) session.diedMs = Math.min(session.diedMs, nowMs);
  }

  /** One socket. `lifeOf`: which life of the gateway's process it leads to. */
  socket(door: string, lifeOf: () => string): Tap {
    const asked = new Map<number, Asked>();
    return {
      sent: (text) => {
        const message = JSON.parse(text) as UpMessage;
        this.#tell(() => `says to ${door}: ${hidden(text)}`, message.type);
        asked.set(message.id, { message, sentMs: this.#clock.monotonicMs(), read: this.#readOf(message) });
        this.#sent(message);
      },
      got: (text) => {
        const message = JSON.parse(text) as DownMessage;
        this.#tell(() => `hears from ${door}: ${hidden(text)}`, message.type);
        const request = "id" in message ? asked.get(message.id) : undefined;
        if (message.type === "granted") this.#granted(message);
        else if (request !== undefined) this.#answered(request, message as ReplyMessage, { door, life: lifeOf() });
      },
    };
  }

  #tell(what: () => string, type: string): void {
    if (type !== "keepAlive" && type !== "keptAlive") this.#records.tell(this.#client, what);
  }

  #readOf(message: UpMessage): Pending<LockResult> | undefined {
    if (message.type !== "status") return undefined;
    return this.#records.locks.begin(this.#client, lockKey(message.name), { kind: "read" });
  }

  #sent(message: UpMessage): void {
    if (message.type === "resumeSession") this.#resuming(message.sessionId);
    if (message.type === "closeSession") this.ending(message.sessionId);
    if (!("operationId" in message) || this.#written.get(message.operationId)?.message.sessionId === message.sessionId)
      return;
    this.#written.set(message.operationId, { message, pending: this.#begin(message), isDecided: false });
  }

  #resuming(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    session.resumeSentMs = this.#clock.monotonicMs();
    this.#floors.set(sessionId, session.attachment);
  }

  #begin(message: LockWrite): Pending<LockResult> | undefined {
    const { name, sessionId, operationId } = message;
    const of = { holderId: holderIdOf(`session/${sessionId}`), operationId, user: this.#user };
    const begin = (call: Parameters<Records["locks"]["begin"]>[2]) =>
      this.#records.locks.begin(this.#client, lockKey(name), call);
    switch (message.type) {
      case "acquire": {
        const { metadata = null, lockDelayMs = 0 } = message;
        const how = { ttlMs: null, delayOnRelease: false, ephemeral: true, wait: message.wait ?? false } as const;
        return begin({ kind: "acquire", name, metadata, lockDelayMs, ...how, ...of });
      }
      case "release":
        return begin({ kind: "release", name, leaseId: message.leaseId, ...of });
      case "setMetadata":
        return begin({ kind: "setMetadata", name, leaseId: message.leaseId, metadata: message.metadata, ...of });
      case "cancelAcquire":
        return undefined;
    }
  }

  #answered(asked: Asked, reply: ReplyMessage, from: { door: string; life: string }): void {
    const { message } = asked;
    if (asked.read !== undefined) this.#read(asked, asked.read, reply, from.door);
    if ("operationId" in message) this.#decided(message, reply);
    if ("sessionId" in message) this.#attached(message.sessionId, reply);
    if (reply.type === "sessionOpened") this.#opened(reply, asked.sentMs, from.life);
    if (reply.type === "keptAlive" || reply.type === "sessionResumed") {
      this.#lives((message as { sessionId: string }).sessionId, reply.attachment ?? null, asked.sentMs, from.life);
    }
    const isOver = reply.type === "error" && (reply.code === "session_expired" || reply.code === "not_found");
    if (message.type === "resumeSession" && isOver) this.#toldOver(message.sessionId, asked.sentMs);
  }

  #read({ message, sentMs }: Asked, read: Pending<LockResult>, reply: ReplyMessage, door: string): void {
    if (reply.type !== "status") {
      read.withdrawn();
      return;
    }
    const { holder_id: holderId, fencing_token: fencingToken, metadata } = reply.lock;
    read.returned({ status: "read", lock: holderId === null ? null : { holderId, fencingToken, metadata } });
    const at = {
      user: this.#user,
      by: this.#client,
      door,
      invokedAtMs: sentMs,
      returnedAtMs: this.#clock.monotonicMs(),
    };
    if (message.type === "status") this.#records.reads.push({ ...at, allowed: true, stale: false });
  }

  #granted(message: Extract<DownMessage, { type: "granted" }>): void {
    const written = this.#written.get(message.operationId);
    if (written !== undefined) this.#settle(written, { status: "acquired", ...message }, withoutAddress(message));
    this.#attached(message.sessionId, message);
  }

  #decided(message: LockWrite, reply: ReplyMessage): void {
    const written = this.#written.get(message.operationId) as Written;
    const told = withoutAddress(reply);
    const result = resultOf(reply);
    if (message.type === "cancelAcquire") this.#cancelled(message, reply, told);
    else if (result !== undefined) this.#settle(written, result, told);
  }

  #cancelled(message: LockWrite & { type: "cancelAcquire" }, reply: ReplyMessage, told: object): void {
    if (reply.type !== "acquired" && reply.type !== "acquireCancelled") return;
    this.#note(message.operationId, told);
    const waited = this.#written.get(message.waitOperationId);
    if (waited === undefined) return;
    if (reply.type === "acquired") this.#settle(waited, resultOf(reply) as LockResult, told);
    else if (!waited.isDecided) waited.pending?.withdrawn();
    waited.isDecided = true;
  }

  #settle(written: Written, result: LockResult, told: object): void {
    this.#note(written.message.operationId, told);
    if (!written.isDecided) written.pending?.returned(result);
    written.isDecided = true;
  }

  #note(operationId: string, told: object): void {
    const who = { client: this.#client, user: this.#user };
    this.#records.ofSessions.answers.push({ operationId, ...who, atMs: this.#clock.monotonicMs(), told });
  }

  #opened(reply: Extract<ReplyMessage, { type: "sessionOpened" }>, sentMs: number, life: string): void {
    const { sessionId, leaseMs } = reply;
    const never = Number.POSITIVE_INFINITY;
    const session: OpenSessionLife = {
      ...{ sessionId, client: this.#client, user: this.#user, leaseMs, signs: [{ sentMs, life }], attachment: null },
      ...{ resumeSentMs: Number.NEGATIVE_INFINITY, closedMs: never, toldOverMs: never, diedMs: never },
    };
    this.#sessions.set(sessionId, session);
    this.#records.ofSessions.sessions.push(session);
  }

  #lives(sessionId: string, attachment: number | null, sentMs: number, life: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    const floor = this.#floors.get(sessionId) ?? null;
    const counts = sentMs >= session.resumeSentMs && (floor === null || (attachment !== null && attachment > floor));
    if (counts) session.signs.push({ sentMs, life });
  }

  #attached(sessionId: string, message: object): void {
    const session = this.#sessions.get(sessionId);
    const attachment = (message as { attachment?: number | null }).attachment ?? null;
    if (session === undefined || attachment === null) return;
    session.attachment = Math.max(session.attachment ?? attachment, attachment);
  }

  /** An answer to an earlier resume than the last tells nothing of the session: the client has asked once more. */
  #toldOver(sessionId: string, sentMs: number): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined || session.attachment === null || sentMs < session.resumeSentMs) return;
    session.toldOverMs = Math.min(session.toldOverMs, this.#clock.monotonicMs());
  }
}

/** What was decided of a write; undefined where that is not certain yet, or the gateway alone refused it. */
function resultOf(reply: ReplyMessage): LockResult | undefined {
  switch (reply.type) {
    case "acquired":
      return { status: "acquired", ...reply };
    case "held":
      return { status: "held", ...reply };
    case "delayed":
    case "released":
    case "metadataSet":
      return { status: reply.type };
    case "error":
      return reply.code === "lease_not_current" ? { status: "refused", code: reply.code } : undefined;
    default:
      return undefined;
  }
}

/** Long identifiers shortened, so that a trace can be read. */
const hidden = (text: string): string => text.replaceAll(/([0-9a-f]{6})[0-9a-f-]{26,}/g, "$1…");

import { Compile } from "typebox/compile";
import type { Log } from "../../ports/log.js";
import { Fault, faultOf } from "../../protocol/errors.js";
import { lockKey } from "../../protocol/keys.js";
import { LIMITS } from "../../protocol/limits.js";
import type { DownMessage } from "../../protocol/session/down.js";
import { UpMessage } from "../../protocol/session/up.js";
import { SESSION_VERSION } from "../../protocol/session/version.js";
import type { CellService, View } from "../cell-service.js";
import { lockNameFault } from "../commands.js";
import { type Credential, type Credentials, principalOf } from "../credentials.js";
import type { GatewayMetrics, Operation } from "../metrics.js";
import { lockAnswer } from "../read-answers.js";
import type { SessionCaller, SessionHost, Voice } from "../session-host.js";
import type { ReplySocket } from "./reply-socket.js";

export interface ConnectionParts {
  readonly service: CellService;
  readonly credentials: Credentials;
  readonly sessions: () => SessionHost;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

type Request = Exclude<UpMessage, { type: "hello" }>;

const OPERATIONS: Readonly<Record<UpMessage["type"], Operation>> = {
  hello: "other",
  openSession: "open_session",
  keepAlive: "keepalive",
  closeSession: "close_session",
  status: "status",
};

const upMessage = Compile(UpMessage);

/**
 * One client's socket, from hello to the end.
 *
 * The naive gateway would check the token once, when the socket opens. But an open socket is no permission
 * (rule A2): each request is authorised by the token's entry as it is at that moment, which costs one look
 * into the cache. Only if the entry is not there is the cell asked, and the request waits.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #socket: ReplySocket;
  readonly #voice: Voice;
  #credential: Credential | undefined;
  #greeted = false;
  #waiting = 0;

  /** @param credential what the upgrade showed, if anything */
  constructor(parts: ConnectionParts, socket: ReplySocket, credential: Credential | undefined) {
    this.#parts = parts;
    this.#socket = socket;
    this.#voice = parts.sessions().newVoice({ onGrant: () => {}, onGone: () => {} });
    this.#credential = credential;
  }

  /** Takes a message. */
  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#socket.closed) return;
    const message = isBinary ? undefined : parse(data);
    if (message === undefined || (message.type === "hello") === this.#greeted) {
      this.#socket.close("badMessage");
      return;
    }
    this.#parts.sessions().hear(this.#voice);
    if (message.type === "hello") this.#greet(message.token);
    this.#take(message);
  }

  /** Closes the socket if it has been silent for longer than any session may be, or has not said hello in time. */
  closeIfSilent(): void {
    const boundMs = this.#greeted ? LIMITS.sessionLeaseMsMax : LIMITS.helloWithinMs;
    if (this.#parts.sessions().silenceMs(this.#voice) >= boundMs) this.#socket.close("silent");
  }

  #greet(token: string | undefined): void {
    this.#greeted = true;
    if (token !== undefined) this.#credential = this.#parts.credentials.bearer(`Bearer ${token}`);
  }

  #take(message: UpMessage): void {
    const credential = this.#credential;
    if (credential === undefined) {
      this.#fail(message, new Fault("authentication_required", "Send a token with hello."));
      this.#socket.close("unauthenticated");
      return;
    }
    const keys = [credential.key];
    if (message.type === "status" && lockNameFault(message.name) === undefined) keys.push(lockKey(message.name));
    const view = this.#parts.service.readCached(keys);
    if (view !== undefined) this.#serve(message, credential, view);
    else void this.#takeLater(message, credential, keys);
  }

  async #takeLater(message: UpMessage, credential: Credential, keys: readonly string[]): Promise<void> {
    if (this.#waiting >= LIMITS.socketRequestsMax) {
      const fault = new Fault("rate_limited", "Too many requests wait on this socket.", { retryAfterMs: 100 });
      this.#fail(message, fault);
      return;
    }
    this.#waiting += 1;
    try {
      this.#serve(message, credential, await this.#parts.service.read(keys, {}));
    } catch (error) {
      this.#fail(message, error);
    } finally {
      this.#waiting -= 1;
    }
  }

  #serve(message: UpMessage, credential: Credential, view: View): void {
    const principal = principalOf(credential, view.entries[0]);
    if (principal === undefined) {
      this.#fail(message, new Fault("authentication_failed", "The token is not known here, or was revoked."));
      this.#socket.close("unauthenticated");
      return;
    }
    try {
      const caller = { principal, tokenHash: credential.key.slice("token/".length) };
      this.#socket.send(message.type === "hello" ? welcome(message.id) : this.#reply(message, caller, view));
      this.#parts.metrics.answered(OPERATIONS[message.type], 200);
    } catch (error) {
      this.#fail(message, error);
    }
  }

  #reply(message: Request, caller: SessionCaller, view: View): string {
    const sessions = this.#parts.sessions();
    switch (message.type) {
      case "keepAlive": {
        const { leaseMs } = sessions.keepAlive(caller, message.sessionId, this.#voice);
        return `{"type":"keptAlive","id":${message.id},"leaseMs":${leaseMs}}`;
      }
      case "status":
        return this.#status(message.id, message.name, view);
      case "openSession": {
        const opened = sessions.open(caller, message.leaseMs, this.#voice);
        return text({ type: "sessionOpened", id: message.id, ...opened });
      }
      case "closeSession": {
        void sessions.close(caller, message.sessionId);
        return text({ type: "sessionClosed", id: message.id });
      }
    }
  }

  #status(id: number, name: string, view: View): string {
    const lock = view.entries[1];
    if (lock === undefined) throw lockNameFault(name) ?? new Error("a view without the lock");
    this.#parts.metrics.read(view.source);
    const { source, epoch } = view;
    const head = `{"type":"status","id":${id},"source":"${source}","epoch":${epoch},"revision":${lock.revision}`;
    return `${head},"ageMs":${Math.floor(view.ageMs)},"lock":${lockAnswer(view, lock).body}}`;
  }

  #fail(message: UpMessage, error: unknown): void {
    const fault = faultOf(error);
    if (fault.code === "internal_error")
      this.#parts.log.error({ err: error, type: message.type }, "a session request failed");
    const { code, message: details, retryAfterMs } = fault;
    const failure: DownMessage = { type: "error", id: message.id, code, details };
    this.#socket.send(text(retryAfterMs === undefined ? failure : { ...failure, retryAfterMs }));
    this.#parts.metrics.answered(OPERATIONS[message.type], fault.httpStatus);
  }
}

function parse(data: Buffer): UpMessage | undefined {
  try {
    const message: unknown = JSON.parse(data.toString());
    return upMessage.Check(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

const text = (message: DownMessage): string => JSON.stringify(message);
const welcome = (id: number): string => text({ type: "welcome", id, version: SESSION_VERSION });

import { Compile } from "typebox/compile";
import type { Log } from "../../ports/log.js";
import type { ProxyAddress } from "../../protocol/entries.js";
import { Fault, faultOf } from "../../protocol/errors.js";
import { lockKey } from "../../protocol/keys.js";
import { LIMITS } from "../../protocol/limits.js";
import { UpMessage } from "../../protocol/session/up.js";
import type { CellService, View } from "../cell-service.js";
import { lockNameFault } from "../commands.js";
import { type Credential, type Credentials, principalOf } from "../credentials.js";
import type { GatewayMetrics, Operation } from "../metrics.js";
import type { SessionCaller, Voice } from "../session-host.js";
import type { Watches } from "../watch/watches.js";
import { Pushes } from "./pushes.js";
import { failure } from "./replies.js";
import type { ReplySocket } from "./reply-socket.js";
import { isAtOnce, Requests } from "./requests.js";
import { SocketWatches } from "./socket-watches.js";

export interface ConnectionParts {
  readonly service: CellService;
  readonly credentials: Credentials;
  readonly watches: Watches;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

const OPERATIONS: Readonly<Record<UpMessage["type"], Operation>> = {
  hello: "other",
  openSession: "open_session",
  resumeSession: "resume_session",
  keepAlive: "keepalive",
  closeSession: "close_session",
  status: "status",
  acquire: "acquire",
  cancelAcquire: "cancel_acquire",
  release: "release",
  setMetadata: "set_metadata",
  watch: "watch",
  unwatch: "unwatch",
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
  readonly #pushes: Pushes;
  readonly #watches: SocketWatches;
  readonly #voice: Voice;
  readonly #requests: Requests;
  #credential: Credential | undefined;
  /** Who asked last: as a rule, who asks next. */
  #caller: SessionCaller | undefined;
  #greeted = false;
  #gone = false;
  /** Requests that wait for the cell. */
  #waiting = 0;
  /** Of these, the watches that nobody has ended meanwhile. */
  readonly #watchesToCome = new Set<number>();

  /** @param credential what the upgrade showed, if anything */
  constructor(parts: ConnectionParts, socket: ReplySocket, credential: Credential | undefined) {
    this.#parts = parts;
    this.#socket = socket;
    this.#pushes = new Pushes(parts.service, socket);
    this.#watches = new SocketWatches(parts.watches, socket);
    this.#voice = parts.service.sessions.newVoice(this.#pushes);
    this.#requests = new Requests(parts.service, parts.metrics, this.#voice);
    this.#show(credential);
  }

  /** Takes a message. */
  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.#socket.closed) return;
    const message = isBinary ? undefined : parse(data);
    if (message === undefined || (message.type === "hello") === this.#greeted) {
      this.#socket.close("badMessage");
      return;
    }
    this.#parts.service.sessions.hear(this.#voice);
    if (message.type === "hello") this.#greet(message.token);
    this.#take(message);
  }

  /** The socket is gone. */
  onClose(): void {
    this.#gone = true;
    this.#watches.closeAll();
    this.#parts.service.sessions.lose(this.#voice);
  }

  /** Closes the socket if it has been silent for longer than any session may be, or has not said hello in time. */
  closeIfSilent(): void {
    const boundMs = this.#greeted ? LIMITS.sessionLeaseMsMax : LIMITS.helloWithinMs;
    if (this.#parts.service.sessions.silenceMs(this.#voice) >= boundMs) this.#socket.close("silent");
  }

  /** Asks the client to go elsewhere. */
  goAway(withinMs: number, proxies: readonly ProxyAddress[]): void {
    if (this.#greeted) this.#pushes.push({ type: "goAway", withinMs, proxies: [...proxies] });
  }

  #greet(token: string | undefined): void {
    this.#greeted = true;
    if (token !== undefined) this.#show(this.#parts.credentials.bearer(`Bearer ${token}`));
  }

  #show(credential: Credential | undefined): void {
    this.#credential = credential;
    this.#pushes.credential = credential;
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
    else if (this.#mayWait(message)) void this.#takeLater(message, credential, keys);
  }

  async #takeLater(message: UpMessage, credential: Credential, keys: readonly string[]): Promise<void> {
    this.#waiting += 1;
    if (message.type === "watch") this.#watchesToCome.add(message.id);
    const view = await this.#parts.service.read(keys, {}).catch((error) => this.#fail(message, error));
    this.#waiting -= 1;
    const isEnded = message.type === "watch" && !this.#watchesToCome.delete(message.id);
    if (view === undefined) return;
    if (isEnded) this.#fail(message, new Fault("conflict", "This watch was ended before it began."));
    else this.#serve(message, credential, view);
  }

  #serve(message: UpMessage, credential: Credential, view: View): void {
    const principal = principalOf(credential, view.entries[0]);
    if (principal === undefined) {
      this.#refuseToken(message, new Fault("authentication_failed", "The token is not known here, or was revoked."));
      return;
    }
    if (this.#pushes.behind) this.#pushes.flush();
    if (this.#caller?.principal !== principal) this.#caller = { principal, tokenHash: credential.hash };
    const caller = this.#caller;
    try {
      if (message.type === "watch") this.#watch(message, credential);
      else if (message.type === "unwatch") this.#unwatch(message);
      else if (isAtOnce(message)) this.#reply(message, this.#requests.replyTo(message, caller, view));
      else if (this.#mayWait(message)) this.#replyLater(message, this.#requests.askFor(message, caller));
    } catch (error) {
      this.#fail(message, error);
    }
  }

  #watch(message: UpMessage & { type: "watch" }, credential: Credential): void {
    if (this.#gone) return; // nobody would end it
    this.#watches.open(message, credential, {
      answered: () => this.#parts.metrics.answered("watch", 200),
      failed: (fault) => {
        if (fault.code === "authentication_failed") this.#refuseToken(message, fault);
        else this.#fail(message, fault);
      },
    });
  }

  #unwatch(message: UpMessage & { type: "unwatch" }): void {
    this.#watchesToCome.delete(message.watch);
    this.#reply(message, this.#watches.close(message));
  }

  /** Whether one more request of this socket may wait for the cell. If not, that is its answer. */
  #mayWait(message: UpMessage): boolean {
    if (this.#waiting < LIMITS.socketRequestsMax) return true;
    this.#fail(message, new Fault("rate_limited", "Too many requests wait on this socket.", { retryAfterMs: 100 }));
    return false;
  }

  #reply(message: UpMessage, reply: string): void {
    this.#socket.send(reply);
    this.#parts.metrics.answered(OPERATIONS[message.type], 200);
  }

  #replyLater(message: UpMessage, reply: Promise<string>): void {
    this.#waiting += 1;
    const settle = (answer: () => void): void => {
      this.#waiting -= 1;
      answer();
    };
    reply.then(
      (text) => settle(() => this.#reply(message, text)),
      (error) => settle(() => this.#fail(message, error)),
    );
  }

  #fail(message: UpMessage, error: unknown): void {
    const fault = faultOf(error);
    if (fault.code === "internal_error")
      this.#parts.log.error({ err: error, type: message.type }, "a session request failed");
    this.#socket.send(failure(message.id, fault));
    this.#parts.metrics.answered(OPERATIONS[message.type], fault.httpStatus);
  }

  #refuseToken(message: UpMessage, fault: Fault): void {
    this.#fail(message, fault);
    this.#socket.close("unauthenticated");
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

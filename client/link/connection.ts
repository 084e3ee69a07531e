import { SESSION_PATH } from "../../shared/protocol/session/version.js";
import { errorFrom, isPassing, NoReply, OctofleetError } from "../base/error.js";
import { TIMING } from "../base/timing.js";
import type { Timer } from "../ports/clock.js";
import type { Socket } from "../ports/dialer.js";
import type { Platform } from "../ports/platform.js";
import { Backoff } from "./backoff.js";
import { type Ending, endingOf, lost, refused } from "./ending.js";
import { type Asked, type FailureReply, type Push, REPLIES, type Reply, type RequestType } from "./messages.js";
import { Pulse } from "./pulse.js";

export interface ConnectionListener {
  /** The gateway has said welcome. */
  onUp(connection: Connection): void;
  onPush(connection: Connection, push: Push): void;
  /** Nothing is heard of it. */
  onSuspect(connection: Connection): void;
  /** It is over, and everything that was asked is answered by `NoReply`. */
  onDown(connection: Connection, ending: Ending): void;
}

/** How a request ended: with its reply, or with an `OctofleetError` or `NoReply`. */
type Settle<Type extends RequestType> = (reply: Reply<Type> | undefined, error: Error | undefined) => void;

interface Pending {
  readonly type: RequestType;
  readonly settle: Settle<RequestType>;
  readonly timer: Timer;
}

/** One socket to one gateway, from dialling to its end: requests by id, replies in whatever order, pushes. */
export class Connection {
  readonly url: string;
  readonly #platform: Platform;
  readonly #listener: ConnectionListener;
  readonly #socket: Socket;
  readonly #deadline: Timer;
  readonly #pending = new Map<number, Pending>();
  readonly #retries = new Set<Timer>();
  #pulse: Pulse | undefined;
  #lastId = 0;
  #over = false;

  constructor(parts: { platform: Platform; url: string; token: string; listener: ConnectionListener }) {
    const { platform, url, token, listener } = parts;
    this.url = url;
    this.#platform = platform;
    this.#listener = listener;
    this.#deadline = platform.clock.after(TIMING.connectMs, () => this.#end(lost(url, "no welcome came in time")));
    this.#socket = platform.dialer.dial(url.replace(/^http/, "ws") + SESSION_PATH, {
      onOpen: () => this.#greet(token),
      onText: (text) => this.#take(text),
      onClose: (code, reason) => this.#end(endingOf(code, reason, url)),
    });
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Asks, and is told in the very turn in which the reply arrives. Returns the request's id. */
  ask<Type extends RequestType>(type: Type, asked: Asked<Type>, settle: Settle<Type>): number {
    this.#lastId += 1;
    const id = this.#lastId;
    if (this.#over) {
      queueMicrotask(() => settle(undefined, new NoReply("The connection is over.")));
      return id;
    }
    const timer = this.#platform.clock.after(TIMING.replyMs, () => {
      this.#settle(id, undefined, new NoReply(`${type} was not answered.`));
    });
    this.#pending.set(id, { type, settle: settle as Settle<RequestType>, timer });
    this.#socket.send(JSON.stringify({ type, id, ...asked }));
    return id;
  }

  /** Asks, and waits. Rejects with an `OctofleetError` if it is refused, with `NoReply` if it is not answered. */
  request<Type extends RequestType>(type: Type, asked: Asked<Type>): Promise<Reply<Type>> {
    return new Promise((resolve, reject) => {
      this.ask(type, asked, (reply, error) => (reply === undefined ? reject(error) : resolve(reply)));
    });
  }

  /** Asks again and again, until it is answered or refused for good, or the connection is over. */
  insist<Type extends RequestType>(type: Type, asked: Asked<Type>): void {
    const { clock, random } = this.#platform;
    const backoff = new Backoff(random);
    const attempt = (): void => {
      this.ask(type, asked, (_, error) => {
        if (error === undefined || this.#over || !isPassing(error)) return;
        const hintMs = error instanceof OctofleetError ? error.retryAfterMs : 0;
        const timer = clock.after(backoff.nextMs(hintMs), () => {
          this.#retries.delete(timer);
          attempt();
        });
        this.#retries.add(timer);
      });
    };
    attempt();
  }

  /** What was asked last is answered at once by a gateway that lives: so something must be heard within `withinMs`. */
  expectReply(withinMs: number): void {
    this.#pulse?.expect(withinMs);
  }

  /** Ends it, without telling the listener. */
  close(): void {
    if (!this.#over) this.#letGo();
  }

  #greet(token: string): void {
    this.ask("hello", { token }, (reply, error) => {
      if (reply === undefined) {
        this.#end(error instanceof OctofleetError ? refused(error) : lost(this.url));
        return;
      }
      this.#deadline.cancel();
      this.#pulse = new Pulse(this.#platform.clock, {
        // Harmless, always answered, and it costs the gateway nothing.
        onQuiet: () => void this.ask("unwatch", { watch: 0 }, () => {}),
        onSuspect: () => this.#listener.onSuspect(this),
        onDead: () => this.#end(lost(this.url, "nothing was heard for too long")),
      });
      this.#listener.onUp(this);
    });
  }

  #take(text: string): void {
    if (this.#over) return;
    this.#pulse?.heard();
    const message = parse(text);
    if (message === undefined) return;
    if ("id" in message) this.#answer(message);
    else if (this.#pulse !== undefined) this.#listener.onPush(this, message);
  }

  #answer(reply: Reply<RequestType> | FailureReply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.type === "error") this.#settle(reply.id, undefined, errorFrom(reply));
    else if (REPLIES[pending.type].some((type) => type === reply.type)) this.#settle(reply.id, reply, undefined);
    else this.#settle(reply.id, undefined, new NoReply(`${pending.type} was answered by ${reply.type}.`));
  }

  #settle(id: number, reply: Reply<RequestType> | undefined, error: Error | undefined): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.timer.cancel();
    pending?.settle(reply, error);
  }

  #end(ending: Ending): void {
    if (this.#over) return;
    this.#letGo();
    this.#listener.onDown(this, ending);
  }

  #letGo(): void {
    this.#over = true;
    this.#deadline.cancel();
    this.#pulse?.stop();
    for (const timer of this.#retries) timer.cancel();
    this.#socket.close();
    for (const id of [...this.#pending.keys()]) this.#settle(id, undefined, new NoReply("The connection was lost."));
  }
}

/** A message, as far as it must be one for the client to look at it: newer gateways may say more. */
function parse(text: string): Reply<RequestType> | FailureReply | Push | undefined {
  try {
    const message: unknown = JSON.parse(text);
    const isMessage = typeof message === "object" && message !== null && "type" in message;
    return isMessage ? (message as Reply<RequestType>) : undefined;
  } catch {
    return undefined;
  }
}

import { Compile } from "typebox/compile";
import { WebSocket } from "ws";
import { DownMessage, type PushMessage } from "../protocol/session/down.js";
import { SESSION_PATH, SESSION_SUBPROTOCOL } from "../protocol/session/version.js";
import { until } from "./until.fixture.js";

interface Waiting {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  readonly resolve: (reply: any) => void;
  readonly reject: (error: Error) => void;
}

export interface Dial {
  readonly path?: string;
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

const downMessage = Compile(DownMessage);

/** A client of the WebSocket door that says what it is told to, right or wrong. */
export class SessionCaller {
  readonly #ws: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  /** What was pushed, and not taken yet. */
  readonly pushes: PushMessage[] = [];
  /** What came that is no message of the protocol. */
  readonly strange: string[] = [];
  /** Resolves with the code when the socket is closed. */
  readonly closed: Promise<number>;
  readonly opened: Promise<void>;
  /** What the gateway said when it closed the socket. */
  reason = "";

  constructor(url: string, { path = SESSION_PATH, protocols = [SESSION_SUBPROTOCOL], headers = {} }: Dial = {}) {
    this.#ws = new WebSocket(`${url.replace("http", "ws")}${path}`, protocols, { headers, perMessageDeflate: false });
    this.opened = new Promise((resolve, reject) => {
      this.#ws.on("open", resolve);
      this.#ws.on("error", reject);
    });
    this.closed = new Promise((resolve) => {
      this.#ws.on("close", resolve);
    });
    this.#ws.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString()) as DownMessage;
      if (!downMessage.Check(message)) this.strange.push(data.toString());
      if (!("id" in message)) {
        this.pushes.push(message);
        return;
      }
      this.#waiting.get(message.id)?.resolve(message);
      this.#waiting.delete(message.id);
    });
    this.#ws.on("close", (code, reason) => {
      this.reason = reason.toString();
      for (const { reject } of this.#waiting.values()) reject(new Error(`closed with ${code} before the reply`));
    });
  }

  /** Connects and says hello. */
  static async greet(url: string, token: string): Promise<SessionCaller> {
    const caller = new SessionCaller(url);
    await caller.opened;
    await caller.ask({ type: "hello", token });
    return caller;
  }

  /** Sends a request, and resolves with its reply. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  ask(request: { readonly type: string; readonly id?: number; readonly [field: string]: unknown }): Promise<any> {
    this.#lastId += 1;
    const { id = this.#lastId } = request;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#ws.send(JSON.stringify({ id, ...request }));
    });
  }

  /** Takes the next messages that were pushed, waiting for them. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
  async pushed(count: number): Promise<any[]> {
    await until(() => this.pushes.length >= count);
    return this.pushes.splice(0, count);
  }

  /** Sends anything at all. */
  send(data: string | Buffer): void {
    this.#ws.send(data);
  }

  /** Stops reading what the gateway sends. */
  pause(): void {
    this.#ws.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#ws.resume();
  }

  async end(): Promise<void> {
    this.#ws.terminate();
    await this.closed;
  }
}

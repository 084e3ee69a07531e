import { WebSocket } from "ws";
import type { DownMessage } from "../protocol/session/down.js";
import { SESSION_PATH, SESSION_SUBPROTOCOL } from "../protocol/session/version.js";

interface Waiting {
  readonly resolve: (reply: DownMessage) => void;
  readonly reject: (error: Error) => void;
}

export interface Dial {
  readonly path?: string;
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

/** A client of the WebSocket door that says what it is told to, right or wrong. */
export class SessionCaller {
  readonly #ws: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  /** Resolves with the code when the socket is closed. */
  readonly closed: Promise<number>;
  readonly opened: Promise<void>;

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
      const reply = JSON.parse(data.toString()) as DownMessage;
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#waiting.delete(reply.id);
    });
    this.#ws.on("close", (code) => {
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
  ask(request: object): Promise<any> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#ws.send(JSON.stringify({ id, ...request }));
    });
  }

  /** Sends anything at all. */
  send(data: string | Buffer): void {
    this.#ws.send(data);
  }

  /** Stops reading what the gateway sends. */
  pause(): void {
    this.#ws.pause();
  }

  async end(): Promise<void> {
    this.#ws.terminate();
    await this.closed;
  }
}

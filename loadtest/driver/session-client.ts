import { WebSocket } from "ws";
import type { Operation } from "../../shared/gateway/metrics.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import type { DownMessage, ReplyMessage } from "../../shared/protocol/session/down.js";
import type { UpMessage } from "../../shared/protocol/session/up.js";
import { SESSION_PATH, SESSION_SUBPROTOCOL } from "../../shared/protocol/session/version.js";
import { within } from "../cluster/within.js";
import type { Tally } from "./tally.js";

const OPEN_MS = 10_000;

/** The requests on a socket, by the name that a gateway counts them under; a hello has none of its own. */
const OPERATIONS: Readonly<Partial<Record<UpMessage["type"], Operation>>> = {
  openSession: "open_session",
  keepAlive: "keepalive",
  status: "status",
  closeSession: "close_session",
};

interface Waiting {
  readonly type: UpMessage["type"];
  readonly resolve: (reply: ReplyMessage) => void;
  readonly reject: (error: Error) => void;
}

type Unnumbered<M> = M extends UpMessage ? Omit<M, "id"> : never;

/**
 * A client's session on a socket of its own. It is opened with the longest lease, because how often
 * KeepAlives are sent is for the mix to say and not for the lease. Its calls reject if they are refused.
 */
export class SessionClient {
  readonly #socket: WebSocket;
  readonly #tally: Tally;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #sessionId = "";

  static async open(url: string, token: string, tally: Tally): Promise<SessionClient> {
    const client = new SessionClient(
      new WebSocket(url.replace(/^http/, "ws") + SESSION_PATH, SESSION_SUBPROTOCOL, {
        perMessageDeflate: false,
        handshakeTimeout: OPEN_MS,
      }),
      tally,
    );
    try {
      await within(OPEN_MS, client.#open(token), "a session did not open");
      return client;
    } catch (error) {
      client.#socket.terminate();
      throw error;
    }
  }

  private constructor(socket: WebSocket, tally: Tally) {
    this.#socket = socket;
    this.#tally = tally;
    socket.on("message", (data: Buffer) => this.#onMessage(JSON.parse(data.toString()) as DownMessage));
    socket.on("close", (code, reason) => this.#onClose(`the socket was closed: ${code} ${String(reason)}`));
    socket.on("error", () => {}); // a close follows, and tells
  }

  async keepAlive(): Promise<void> {
    await this.#ask({ type: "keepAlive", sessionId: this.#sessionId });
  }

  async status(name: string): Promise<void> {
    await this.#ask({ type: "status", name });
  }

  /** Ends the session, and then the socket, when everything that was asked before has been answered. */
  async close(): Promise<void> {
    await this.#ask({ type: "closeSession", sessionId: this.#sessionId });
    while (this.#waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#socket.close();
  }

  async #open(token: string): Promise<void> {
    await new Promise((resolve, reject) => {
      this.#socket.once("open", resolve);
      this.#socket.once("error", reject);
    });
    await this.#ask({ type: "hello", token });
    const opened = await this.#ask({ type: "openSession", leaseMs: LIMITS.sessionLeaseMsMax });
    if (opened.type !== "sessionOpened") throw new Error(`a session was answered by ${opened.type}`);
    this.#sessionId = opened.sessionId;
  }

  #ask(message: Unnumbered<UpMessage>): Promise<ReplyMessage> {
    this.#lastId += 1;
    const id = this.#lastId;
    const operation = OPERATIONS[message.type];
    if (operation !== undefined) this.#tally.sent(operation);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { type: message.type, resolve, reject });
      this.#socket.send(JSON.stringify({ ...message, id }));
    });
  }

  #onMessage(message: DownMessage): void {
    if ("id" in message) this.#onReply(message);
  }

  #onReply(reply: ReplyMessage): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === "error")
      waiting?.reject(new Error(`${waiting.type} was refused, ${reply.code}: ${reply.details}`));
    else waiting?.resolve(reply);
  }

  #onClose(why: string): void {
    for (const { type, reject } of this.#waiting.values()) {
      const operation = OPERATIONS[type];
      if (operation !== undefined) this.#tally.lost(operation);
      reject(new Error(`${type} was not answered: ${why}`));
    }
    this.#waiting.clear();
  }
}

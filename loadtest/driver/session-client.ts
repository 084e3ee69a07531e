import { WebSocket } from "ws";
import type { Operation } from "../../shared/gateway/metrics.js";
import type { DownMessage, ReplyMessage } from "../../shared/protocol/session/down.js";
import type { LockStatus } from "../../shared/protocol/session/status.js";
import type { UpMessage } from "../../shared/protocol/session/up.js";
import { SESSION_PATH, SESSION_SUBPROTOCOL } from "../../shared/protocol/session/version.js";
import { within } from "../cluster/within.js";
import { Refused } from "./refused.js";
import type { Tally } from "./tally.js";

const OPEN_MS = 20_000;
const LEASE_MS = 12_000;

/** The requests on a socket, by the name that a gateway counts them under; a hello has none of its own. */
const OPERATIONS: Readonly<Partial<Record<UpMessage["type"], Operation>>> = {
  openSession: "open_session",
  keepAlive: "keepalive",
  status: "status",
  watch: "watch",
  acquire: "acquire",
  release: "release",
  closeSession: "close_session",
};

interface Waiting {
  readonly type: UpMessage["type"];
  readonly resolve: (reply: ReplyMessage) => void;
  readonly reject: (error: Error) => void;
}

type Unnumbered<M> = M extends UpMessage ? Omit<M, "id"> : never;

export interface HeldBySession {
  readonly leaseId: string;
  readonly fencingToken: number;
}

/** A client's session of 12 s on a socket of its own. Its calls reject if they are refused. */
export class SessionClient {
  readonly #socket: WebSocket;
  readonly #tally: Tally;
  readonly #waiting = new Map<number, Waiting>();
  readonly #grants = new Map<string, { resolve: (held: HeldBySession) => void; reject: (error: Error) => void }>();
  #onEvent: (lock: LockStatus) => void = () => {};
  #lastId = 0;
  #sessionId = "";
  #closing = false;

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
      client.#closing = true;
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

  async status(name: string): Promise<LockStatus> {
    const reply = await this.#ask({ type: "status", name });
    if (reply.type !== "status") throw new Refused("odd_answer", `a status was answered by ${reply.type}`);
    return reply.lock;
  }

  /** From now on `onEvent` is told of each change of a lock. */
  async watch(name: string, onEvent: (lock: LockStatus) => void): Promise<void> {
    this.#onEvent = onEvent;
    await this.#ask({ type: "watch", name });
  }

  /** Takes a lock of the session, after all who asked for it before. */
  async acquire(name: string, operationId: string): Promise<HeldBySession> {
    const granted = new Promise<HeldBySession>((resolve, reject) => this.#grants.set(operationId, { resolve, reject }));
    granted.catch(() => {}); // nobody waits for it if the acquire itself is refused
    try {
      const write = { sessionId: this.#sessionId, operationId, name };
      const reply = await this.#ask({ type: "acquire", ...write, wait: true });
      if (reply.type === "acquired") return reply;
      if (reply.type !== "waiting") throw new Refused(reply.type, `${name} was answered ${reply.type}`);
      return await granted;
    } finally {
      this.#grants.delete(operationId);
    }
  }

  async release(name: string, leaseId: string, operationId: string): Promise<void> {
    await this.#ask({ type: "release", sessionId: this.#sessionId, operationId, name, leaseId });
  }

  /** Ends the session, and then the socket, when everything that was asked before has been answered. */
  async close(): Promise<void> {
    this.#closing = true;
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
    const opened = await this.#ask({ type: "openSession", leaseMs: LEASE_MS });
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
    switch (message.type) {
      case "event":
        this.#onEvent(message.lock);
        return;
      case "resync":
        for (const lock of message.locks) this.#onEvent(lock);
        return;
      case "granted":
        this.#grants.get(message.operationId)?.resolve(message);
        return;
      case "sessionGone":
        if (!this.#closing) this.#tally.sessionLost(`a session was ${message.why}`);
        return;
      case "goAway":
        return;
      default:
        this.#onReply(message);
    }
  }

  #onReply(reply: ReplyMessage): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === "error")
      waiting?.reject(new Refused(reply.code, `${waiting.type} was refused, ${reply.code}: ${reply.details}`));
    else waiting?.resolve(reply);
  }

  #onClose(why: string): void {
    if (!this.#closing) this.#tally.sessionLost(why);
    for (const { type, reject } of this.#waiting.values()) {
      const operation = OPERATIONS[type];
      if (operation !== undefined) this.#tally.lost(operation);
      reject(new Refused("socket_closed", `${type} was not answered: ${why}`));
    }
    for (const { reject } of this.#grants.values()) reject(new Refused("socket_closed", `no grant: ${why}`));
    this.#waiting.clear();
    this.#grants.clear();
  }
}

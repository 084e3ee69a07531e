import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock, Timer } from "../../ports/clock.js";
import type { ProxyAddress } from "../../protocol/entries.js";
import { LIMITS } from "../../protocol/limits.js";
import type { CloseCause } from "../../protocol/session/close-codes.js";
import { SESSION_PATH, SESSION_SUBPROTOCOL } from "../../protocol/session/version.js";
import { authorise } from "../credentials.js";
import { pathOf } from "../lock-path.js";
import { Admission } from "./admission.js";
import { Connection, type ConnectionParts } from "./connection.js";
import { closeWith, ReplySocket } from "./reply-socket.js";
import { Round } from "./round.js";

export interface SessionDoorParts extends ConnectionParts {
  readonly clock: Clock;
  /** How many new sockets it takes in a second. */
  readonly socketsPerS: number;
}

const SWEEP_EVERY_MS = 250;
const CONNECTIONS_PER_SWEEP = 1_000;
/** How long a peer may take to answer a close. */
const CLOSE_TIMEOUT = { closeTimeout: 2_000 }; // @types/ws does not have it

/** The WebSocket door: who may come in, who has been silent for too long, and how all leave. */
export class SessionDoor {
  readonly #parts: SessionDoorParts;
  readonly #admission: Admission;
  readonly #connections = new Set<Connection>();
  readonly #round = new Round(this.#connections, CONNECTIONS_PER_SWEEP);
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LIMITS.frameBytesMax,
    ...CLOSE_TIMEOUT,
    // Some protocol must be agreed on even with a client that is then refused, or it would not see why.
    handleProtocols: (offered) => (offered.has(SESSION_SUBPROTOCOL) ? SESSION_SUBPROTOCOL : firstOf(offered)),
  });
  #timer: Timer;
  #closing = false;
  #onEmpty: () => void = () => {};

  constructor(parts: SessionDoorParts) {
    this.#parts = parts;
    this.#admission = new Admission(parts.clock, parts.socketsPerS);
    this.#timer = parts.clock.after(SWEEP_EVERY_MS, () => this.#sweep());
  }

  /** How many sockets are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes a socket over from HTTP. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, stream, head, (ws) => {
      ws.on("error", onBrokenFrame);
      const refusal = this.#refusal(request, ws);
      if (refusal !== undefined) {
        closeWith(ws, refusal);
        return;
      }
      const retryMs = this.#admission.admit();
      if (retryMs === 0) this.#connect(request, ws, stream);
      else closeWith(ws, "overloaded", `Too many come at once. Try again in ${retryMs} ms.`);
    });
  }

  /**
   * Takes nobody in any more and asks everybody to go elsewhere, each at a moment of its own choice. Resolves when all
   * have left, or the time is over; all are served until then.
   */
  async drain(withinMs: number, proxies: readonly ProxyAddress[]): Promise<void> {
    this.#closing = true;
    if (this.#connections.size === 0) return;
    for (const connection of this.#connections) connection.goAway(withinMs, proxies);
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.after(withinMs, resolve);
      this.#onEmpty = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  /** Takes nobody in any more, and closes every socket. */
  close(): void {
    this.#closing = true;
    this.#timer.cancel();
    for (const ws of this.#server.clients) closeWith(ws, "goingAway");
  }

  /** Drops who has not left. */
  terminate(): void {
    for (const ws of this.#server.clients) ws.terminate();
  }

  #refusal(request: IncomingMessage, ws: WebSocket): CloseCause | undefined {
    if (pathOf(request.url as string) !== SESSION_PATH) return "unknownPath";
    if (ws.protocol !== SESSION_SUBPROTOCOL) return "badSubprotocol";
    if (this.#closing) return "goingAway";
    return this.#parts.service.readiness().ready ? undefined : "overloaded";
  }

  #connect(request: IncomingMessage, ws: WebSocket, stream: Duplex): void {
    const { service, credentials } = this.#parts;
    const socket = new ReplySocket(ws, stream);
    const credential = credentials.bearer(request.headers.authorization);
    if (credential !== undefined) {
      authorise(service, [credential]).catch((error) => {
        if (isRefusal(error)) socket.close("unauthenticated");
      });
    }
    const connection = new Connection(this.#parts, socket, credential);
    this.#connections.add(connection);
    ws.on("message", (data, isBinary) => connection.onMessage(data as Buffer, isBinary));
    ws.on("close", () => this.#disconnect(connection));
  }

  #disconnect(connection: Connection): void {
    this.#connections.delete(connection);
    connection.onClose();
    if (this.#connections.size === 0) this.#onEmpty();
  }

  #sweep(): void {
    this.#round.step((connection) => connection.closeIfSilent());
    this.#timer = this.#parts.clock.after(SWEEP_EVERY_MS, () => this.#sweep());
  }
}

/**
 * ws closes the socket itself, with the code for it. No closure: one made where the request is at hand would keep the
 * request, a quarter of what an idle socket needs, for as long as the socket is open.
 */
function onBrokenFrame(): void {}

function firstOf(offered: ReadonlySet<string>): string | false {
  const [first] = offered;
  return first ?? false;
}

/** Whether the cell said no; if it could only not be asked, the first request will ask again. */
const isRefusal = (error: unknown): boolean => (error as { code?: unknown }).code === "authentication_failed";

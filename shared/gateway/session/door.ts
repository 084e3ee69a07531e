import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock, Timer } from "../../ports/clock.js";
import { LIMITS } from "../../protocol/limits.js";
import type { CloseCause } from "../../protocol/session/close-codes.js";
import { SESSION_PATH, SESSION_SUBPROTOCOL } from "../../protocol/session/version.js";
import { authorise } from "../credentials.js";
import { pathOf } from "../lock-path.js";
import { Connection, type ConnectionParts } from "./connection.js";
import { closeWith, ReplySocket } from "./reply-socket.js";
import { Round } from "./round.js";

const SWEEP_EVERY_MS = 250;
const CONNECTIONS_PER_SWEEP = 1_000;
/** How long a peer may take to answer a close. */
const CLOSE_TIMEOUT = { closeTimeout: 2_000 }; // @types/ws does not have it

/** The WebSocket door: who may come in, and who has been silent for too long. */
export class SessionDoor {
  readonly #parts: ConnectionParts;
  readonly #clock: Clock;
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

  constructor(parts: ConnectionParts, clock: Clock) {
    this.#parts = parts;
    this.#clock = clock;
    this.#timer = clock.after(SWEEP_EVERY_MS, () => this.#sweep());
  }

  /** Takes a socket over from HTTP. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, stream, head, (ws) => {
      ws.on("error", () => {}); // a broken frame: ws closes the socket itself, with the code for it
      const refusal = this.#refusal(request, ws);
      if (refusal === undefined) this.#connect(request, ws, stream);
      else closeWith(ws, refusal);
    });
  }

  /** Takes nobody in any more, and asks everybody to leave. */
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
    ws.on("close", () => this.#connections.delete(connection));
  }

  #sweep(): void {
    this.#round.step((connection) => connection.closeIfSilent());
    this.#timer = this.#clock.after(SWEEP_EVERY_MS, () => this.#sweep());
  }
}

function firstOf(offered: ReadonlySet<string>): string | false {
  const [first] = offered;
  return first ?? false;
}

/** Whether the cell said no; if it could only not be asked, the first request will ask again. */
const isRefusal = (error: unknown): boolean => (error as { code?: unknown }).code === "authentication_failed";

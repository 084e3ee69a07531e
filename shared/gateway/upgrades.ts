import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { requestHead } from "./request-head.js";

/** Whether a request asks for the one other protocol that is spoken here. */
export const asksForWebSocket = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === "websocket";

/** For `createServer`. The types do not have it yet, and versions of Node before 22.21 and 24.9 pass over it. */
export const UPGRADE_OPTIONS = { shouldUpgradeCallback: asksForWebSocket } as ServerOptions;

/**
 * Serves as plain HTTP/1.1 what offers an upgrade that is not to be had.
 *
 * Clients that would rather speak HTTP/2 offer it with an ordinary request (`Upgrade: h2c`: `curl --http2`, Java's
 * HttpClient), to be answered as if they had not (RFC 9110, section 7.8). But a Node that does not know
 * `UPGRADE_OPTIONS` takes every such socket away from HTTP as soon as anybody listens for upgrades. So the socket is
 * given back, with the head of the request written anew, without the offer, before what was not read yet.
 *
 * (A Node that knows the option forgets what came in one packet behind an offer. Who sends more before the answer must
 * be ready to send it again anyway: RFC 9112, section 9.3.2.)
 */
export class DeclinedUpgrades {
  readonly #server: Server;
  readonly #waiting = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.maxHeadersCount = 0; // else a head that is written anew may lack some; their size is bounded in any case
  }

  /** Gives a socket back to HTTP, after the answers that are still due on it. */
  decline(request: IncomingMessage, socket: Socket, rest: Buffer): void {
    const due = answerDue(socket);
    if (due === undefined) {
      this.#giveBack(request, socket, rest);
      return;
    }
    this.#waiting.add(socket);
    socket.on("error", ignore); // nobody else listens now; the socket closes all the same
    due.once("close", () => {
      this.#waiting.delete(socket);
      socket.off("error", ignore);
      if (!socket.destroyed) this.decline(request, socket, rest);
    });
  }

  /** Drops who still waits. */
  terminate(): void {
    for (const socket of this.#waiting) socket.destroy();
  }

  #giveBack(request: IncomingMessage, socket: Socket, rest: Buffer): void {
    // Without `Upgrade`, the other headers of an offer mean nothing.
    socket.unshift(Buffer.concat([Buffer.from(requestHead(request, "upgrade"), "latin1"), rest]));
    this.#server.emit("connection", socket);
  }
}

const ignore = (): void => {};

/** The answer that a socket is taken by. Node has no public name for it. */
const answerDue = (socket: Socket): ServerResponse | undefined =>
  (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;

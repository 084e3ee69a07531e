import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { LIMITS } from "../../protocol/limits.js";
import { CLOSE_CODES, type CloseCause } from "../../protocol/session/close-codes.js";

/**
 * The sending side of a socket. Replies to what came in together leave together: a system call for each
 * costs more than everything else that a KeepAlive needs. A client that does not read is closed.
 */
export class ReplySocket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  #corked = false;
  #closed = false;

  constructor(ws: WebSocket, stream: Duplex) {
    this.#ws = ws;
    this.#stream = stream;
  }

  /** Whether it was closed from this side. */
  get closed(): boolean {
    return this.#closed;
  }

  send(message: string): void {
    if (this.#closed) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      queueMicrotask(() => this.#uncork());
    }
    this.#ws.send(message);
    if (this.#ws.bufferedAmount > LIMITS.socketBufferBytesMax) this.close("slowReader");
  }

  /** Closes it with the code that says why; harmless the second time. */
  close(cause: CloseCause): void {
    if (this.#closed) return;
    this.#closed = true;
    closeWith(this.#ws, cause);
  }

  #uncork(): void {
    this.#corked = false;
    this.#stream.uncork();
  }
}

export function closeWith(ws: WebSocket, cause: CloseCause): void {
  const { code, reason } = CLOSE_CODES[cause];
  ws.close(code, reason);
}

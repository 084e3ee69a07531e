import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { LIMITS } from "../../protocol/limits.js";
import { CLOSE_CODES, type CloseCause } from "../../protocol/session/close-codes.js";

/**
 * The sending side of a socket. Replies to what came in together leave together: a system call for each
 * costs more than everything else that a KeepAlive needs.
 *
 * What is pushed in plenty asks for room first and otherwise waits outside, so that it never stands before a reply for
 * long. A client that does not even read its replies is closed.
 */
export class ReplySocket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  #corked = false;
  #closed = false;
  #waitsForDrain = false;
  /** How much may wait: of a large message that was taken while there was room nobody says that it is not read. */
  #bytesMax: number = LIMITS.socketBufferBytesMax;

  constructor(ws: WebSocket, stream: Duplex) {
    this.#ws = ws;
    this.#stream = stream;
  }

  /** Whether it was closed from this side. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether it takes what can wait. */
  get hasRoom(): boolean {
    return this.#ws.bufferedAmount <= LIMITS.socketEventBytesMax;
  }

  /** Calls back, once, when all that was sent has left. To be asked while it has no room. */
  onceDrained(fn: () => void): void {
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    this.#stream.once("drain", () => {
      this.#waitsForDrain = false;
      fn();
    });
  }

  send(message: string): void {
    if (this.#closed) return;
    if (this.#ws.bufferedAmount > this.#bytesMax) {
      this.close("slowReader");
      return;
    }
    if (this.hasRoom) this.#bytesMax = LIMITS.socketBufferBytesMax + largeBytes(message);
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      queueMicrotask(() => this.#uncork());
    }
    this.#ws.send(message);
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

/** The size of what is larger than all that may wait beside it. */
const largeBytes = (message: string): number =>
  message.length > LIMITS.socketEventBytesMax ? Buffer.byteLength(message) : 0;

/** @param reason in place of the cause's own; at most 123 bytes (RFC 6455, section 5.5) */
export function closeWith(ws: WebSocket, cause: CloseCause, reason: string = CLOSE_CODES[cause].reason): void {
  ws.close(CLOSE_CODES[cause].code, reason);
}

import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { LIMITS } from "../../protocol/limits.js";
import { CLOSE_CODES, type CloseCause } from "../../protocol/session/close-codes.js";
import { latin1Of, textFrame } from "./text-frame.js";

/**
 * The sending side of a socket. Replies to what came in together leave together: a system call for each
 * costs more than everything else that a KeepAlive needs. They leave as one text, past `ws`, which would hand
 * the system two pieces for each of them; closing, pings and all that comes in are left to `ws`.
 *
 * What is pushed in plenty asks for room first and otherwise waits outside, so that it never stands before a reply for
 * long. A client that does not even read its replies is closed.
 */
export class ReplySocket {
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  /** Frames that leave when this turn's work is done, a character for each byte. */
  #frames = "";
  #closed = false;
  #onDrained: (() => void) | undefined;
  #awaitsDrain = false;
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
    return this.#waitingBytes <= LIMITS.socketEventBytesMax;
  }

  /** Calls back, once, when all that was sent has left. To be asked while it has no room. */
  onceDrained(fn: () => void): void {
    this.#onDrained ??= fn;
    if (this.#frames === "") this.#awaitDrain();
  }

  send(message: string): void {
    if (this.#closed) return;
    if (this.#waitingBytes > this.#bytesMax) {
      this.close("slowReader");
      return;
    }
    const payload = latin1Of(message);
    if (this.hasRoom) this.#bytesMax = LIMITS.socketBufferBytesMax + largeBytes(payload);
    if (this.#frames === "") queueMicrotask(() => this.#flush());
    this.#frames += textFrame(payload);
  }

  /** Closes it with the code that says why; harmless the second time. */
  close(cause: CloseCause): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#flush();
    closeWith(this.#ws, cause);
  }

  get #waitingBytes(): number {
    return this.#ws.bufferedAmount + this.#frames.length;
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = "";
    // After a close frame, whoever sent it, there may be none (RFC 6455, section 5.5.1).
    if (frames !== "" && this.#ws.readyState === this.#ws.OPEN) this.#stream.write(frames, "latin1");
    if (this.#onDrained === undefined) return;
    if (this.#stream.writableNeedDrain) this.#awaitDrain();
    else this.#drained();
  }

  #awaitDrain(): void {
    if (this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    this.#stream.once("drain", () => {
      this.#awaitsDrain = false;
      this.#drained();
    });
  }

  #drained(): void {
    const fn = this.#onDrained;
    this.#onDrained = undefined;
    fn?.();
  }
}

/** The size of what is larger than all that may wait beside it. */
const largeBytes = ({ length }: string): number => (length > LIMITS.socketEventBytesMax ? length : 0);

/** @param reason in place of the cause's own; at most 123 bytes (RFC 6455, section 5.5) */
export function closeWith(ws: WebSocket, cause: CloseCause, reason: string = CLOSE_CODES[cause].reason): void {
  ws.close(CLOSE_CODES[cause].code, reason);
}

import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "../../ports/clock.js";

/** What tells middle boxes, and clients that wait, that the stream still lives. */
const COMMENT_EVERY_MS = 15_000;
/** So often in a row a client may be found not to have read. Then it is taken for dead: five minutes. */
const UNREAD_MAX = 20;

export const STREAM_HEADERS = [
  "Content-Type",
  "text/event-stream",
  "Cache-Control",
  "no-cache",
  "X-Accel-Buffering", // nginx would wait for more
  "no",
] as const;

/**
 * An answer that goes on (WHATWG HTML, section 9.2). One whose client does not read takes nothing more than what Node
 * buffers of a single write; `onDrain` tells when it does again.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #full = false;
  #unread = 0;
  #timer: Timer;

  constructor(response: ServerResponse, clock: Clock, onDrain: () => void) {
    this.#response = response;
    this.#clock = clock;
    this.#timer = this.#later();
    response.on("drain", () => {
      this.#full = false;
      this.#unread = 0;
      onDrain();
    });
    response.once("close", () => this.#timer.cancel());
  }

  get full(): boolean {
    return this.#full;
  }

  write(text: string): void {
    if (this.#over()) return;
    if (!this.#response.write(text)) this.#full = true;
  }

  /** Ends it after what was written. */
  end(last = ""): void {
    if (this.#over()) return;
    this.#response.end(last);
    this.#full = true;
  }

  #over(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  #later(): Timer {
    return this.#clock.after(COMMENT_EVERY_MS, () => {
      this.#timer = this.#later();
      if (!this.#full) this.write(":\n\n");
      else if (++this.#unread >= UNREAD_MAX) this.#response.destroy();
    });
  }
}

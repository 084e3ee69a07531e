import type { ServerResponse } from "node:http";
import type { Clock } from "../../ports/clock.js";
import { Fault } from "../../protocol/errors.js";
import type { Watch, WatchRequest, WatchSink, WatchState } from "../watch/watch.js";
import type { WatchedEvent } from "../watch/watched-event.js";
import type { Watches } from "../watch/watches.js";
import { EventStream } from "./event-stream.js";
import type { Frames, WatchStart } from "./frames.js";

export interface WatchStreamParts {
  readonly watches: Watches;
  readonly clock: Clock;
  readonly frames: Frames;
  /** The answer that it becomes. */
  readonly response: ServerResponse;
  /** Writes the head of the answer. */
  readonly begin: () => void;
}

/** Seen by nobody; the status is nginx's. */
export const clientLeft = (): Fault => new Fault("invalid_input", "The client has left.", { httpStatus: 499 });

/**
 * One watch as an answer. Its head is not written before the watch has started, so what stands against that is an
 * ordinary error.
 */
export class WatchStream implements WatchSink {
  readonly #parts: WatchStreamParts;
  readonly #watch: Watch;
  /** When the head of the answer is written. Rejects with a `Fault` if the watch did not start. */
  readonly begun: Promise<void>;
  #settle: (fault?: Fault) => void = () => {};
  #stream: EventStream | undefined;

  /** @throws Fault where the watch cannot be opened */
  constructor(parts: WatchStreamParts, request: WatchRequest) {
    this.#parts = parts;
    this.#watch = parts.watches.open(request, this);
    this.begun = new Promise((resolve, reject) => {
      this.#settle = (fault) => (fault === undefined ? resolve() : reject(fault));
    });
    parts.response.once("close", () => {
      this.#watch.close();
      this.#settle(clientLeft());
    });
  }

  /** Ends it, and says why where there is a word for it. */
  end(fault: Fault): void {
    this.#watch.close();
    if (this.#stream === undefined) this.#settle(fault);
    else this.#stream.end(this.#parts.frames.ended(fault));
  }

  ready(): boolean {
    return this.#stream?.full !== true;
  }

  started(start: WatchStart): void {
    const { response, clock, begin, frames } = this.#parts;
    begin();
    const drained = () => this.#watch.drained();
    this.#stream = new EventStream(response, clock, drained);
    this.#stream.write(frames.started(start));
    this.#settle();
  }

  event(event: WatchedEvent, more: boolean): void {
    const text = this.#parts.frames.event(event, more);
    if (text !== undefined) this.#stream?.write(text);
  }

  resync(state: WatchState): void {
    const text = this.#parts.frames.resync(state);
    if (text !== undefined) this.#stream?.write(text);
    else this.end(new Fault("overloaded", "Changes were missed. Watch anew."));
  }

  ended(fault: Fault): void {
    this.end(fault);
  }
}

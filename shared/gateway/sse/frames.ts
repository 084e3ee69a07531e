import type { Fault } from "../../protocol/errors.js";
import type { LockStatus } from "../../protocol/session/status.js";
import type { WatchState } from "../watch/watch.js";
import type { WatchedEvent } from "../watch/watched-event.js";

/** How a watch begins: from a state, or where an earlier one left off. */
export interface WatchStart {
  readonly revision: number;
  readonly locks?: readonly LockStatus[];
}

/** What is written of a watch. A frame is text for the stream; undefined: this one has none. */
export interface Frames {
  started(start: WatchStart): string;
  event(event: WatchedEvent, more: boolean): string | undefined;
  /** Undefined: the stream has to end, and who follows it begins anew. */
  resync(state: WatchState): string | undefined;
  ended(fault: Fault): string | undefined;
}

/** One event of a stream (WHATWG HTML, section 9.2.5). `data` is JSON, so it has no line breaks. */
export function frame(event: string, data: string, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;
}

import type { Clock } from "../../ports/clock.js";
import { Fault } from "../../protocol/errors.js";
import type { CellService } from "../cell-service.js";
import type { Watch, WatchRequest, WatchSink } from "./watch.js";

export interface WatchesParts {
  readonly service: Pick<CellService, "readCached" | "read" | "mayKeepAlive" | "feed">;
  readonly clock: Clock;
}

/** All watches of a gateway: one hub, on one feed. */
export class Watches {
  readonly #parts: WatchesParts;

  constructor(parts: WatchesParts) {
    this.#parts = parts;
  }

  /** How many are open. */
  get size(): number {
    return 0;
  }

  /** Opens a watch. @throws Fault invalid_lock_name, forbidden, capacity_exceeded, or what the feed throws at start */
  open(_request: WatchRequest, _sink: WatchSink): Watch {
    throw new Fault("overloaded", `Watches are not served yet (${this.#parts.service.feed.revision}).`);
  }

  /** Ends all watches, without a word to them. */
  close(): void {}
}

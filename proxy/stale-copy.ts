import type { View } from "../shared/gateway/cell-service.js";
import type { Cache } from "./cache.js";

/**
 * What the cache held when the lease was lost, for readers who asked for staleness and nobody else. All of it
 * was true at `sureMs`, the last instant at which the lease certainly ran; that is what its age counts from.
 */
export class StaleCopy {
  readonly #cache: Cache;
  readonly #epoch: number;
  readonly #sureMs: number;

  constructor(cache: Cache, epoch: number, sureMs: number) {
    this.#cache = cache;
    this.#epoch = epoch;
    this.#sureMs = sureMs;
  }

  /** The entries, if all are there and no older than asked for. */
  read(keys: readonly string[], maxStaleMs: number, nowMs: number): View | undefined {
    const ageMs = nowMs - this.#sureMs;
    if (ageMs > maxStaleMs) return undefined;
    const cached = keys.map((key) => this.#cache.get(key, this.#sureMs));
    const entries = cached.flatMap((slot) => (slot === undefined ? [] : [slot.entry]));
    return entries.length < keys.length ? undefined : { source: "stale", epoch: this.#epoch, entries, ageMs };
  }
}

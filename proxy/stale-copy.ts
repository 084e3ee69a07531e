import type { View } from "../shared/gateway/cell-service.js";
import type { Cache } from "./cache.js";
import type { Instant } from "./lease.js";

/**
 * What the cache held when the lease was lost, for readers who asked for staleness and nobody else. All of it
 * was true at `sure`, the last instant at which the lease certainly ran; its age counts from there, by the clock
 * that says more.
 */
export class StaleCopy {
  readonly #cache: Cache;
  readonly #epoch: number;
  readonly #sure: Instant;

  constructor(cache: Cache, epoch: number, sure: Instant) {
    this.#cache = cache;
    this.#epoch = epoch;
    this.#sure = sure;
  }

  /** The entries, if all are there and no older than asked for. */
  read(keys: readonly string[], maxStaleMs: number, now: Instant): View | undefined {
    const ageMs = Math.max(now.monotonicMs - this.#sure.monotonicMs, now.wallMs - this.#sure.wallMs);
    if (ageMs > maxStaleMs) return undefined;
    const cached = keys.map((key) => this.#cache.get(key, this.#sure.monotonicMs));
    const entries = cached.flatMap((slot) => (slot === undefined ? [] : [slot.entry]));
    return entries.length < keys.length ? undefined : { source: "stale", epoch: this.#epoch, entries, ageMs };
  }
}

import { LRUCache } from "lru-cache";
import type { Clock } from "../shared/ports/clock.js";
import { LIMITS } from "../shared/protocol/limits.js";

const KEYS_REMEMBERED = 10_000;
const EVERY_MS = LIMITS.ungrantedFillEveryMs;

/** Keys that are to be filled together. */
interface Batch {
  readonly keys: ReadonlySet<string>;
  readonly send: () => void;
}

/**
 * When fills of keys that get no grant may leave: each key at most every 20 ms (rule R2).
 *
 * Such a key is being written, and each of its readers would cost the master a read. Spacing each key by
 * itself is not enough, for keys travel together: one that has waited would take along another that left a
 * moment ago. So they leave in batches which are themselves 20 ms apart, and a key that has not waited long
 * enough for the next of them goes with the one after it.
 */
export class Spacing<B extends Batch> {
  readonly #clock: Clock;
  readonly #newBatch: () => B;
  /** Key -> when its last fill that got no grant was sent. */
  readonly #ungranted = new LRUCache<string, number>({ max: KEYS_REMEMBERED });
  /** The next batch and the one after it, as far as there are any. */
  #waiting: B[] = [];
  /** When the next batch leaves; if there is none, when one may leave at the earliest. */
  #leavesAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, newBatch: () => B) {
    this.#clock = clock;
    this.#newBatch = newBatch;
  }

  /** The batch with which these keys have to wait; undefined if they may leave at once. */
  batchFor(keys: readonly string[]): B | undefined {
    const nowMs = this.#clock.monotonicMs();
    const dueMs = Math.max(
      nowMs,
      ...keys.map((key) => (this.#ungranted.get(key) ?? Number.NEGATIVE_INFINITY) + EVERY_MS),
    );
    const isWaited = this.#waiting.some((batch) => keys.some((key) => batch.keys.has(key)));
    if (dueMs <= nowMs && !isWaited) return undefined;
    if (this.#waiting.length === 0) this.#wakeAt(Math.max(this.#leavesAtMs, dueMs));
    const place = dueMs <= this.#leavesAtMs ? 0 : 1;
    this.#waiting[place] ??= this.#newBatch();
    return this.#waiting[place];
  }

  /** A fill of these keys leaves now: those that got no grant the last time will probably get none. */
  sending(keys: ReadonlySet<string>, nowMs: number): void {
    for (const key of keys) if (this.#ungranted.has(key)) this.#ungranted.set(key, nowMs);
  }

  /** A fill that was sent then got no grant for the key. */
  ungranted(key: string, sentMs: number): void {
    this.#ungranted.set(key, Math.max(sentMs, this.#ungranted.get(key) ?? sentMs));
  }

  granted(key: string): void {
    this.#ungranted.delete(key);
  }

  #wakeAt(leavesAtMs: number): void {
    this.#leavesAtMs = leavesAtMs;
    this.#clock.after(leavesAtMs - this.#clock.monotonicMs(), () => this.#leave());
  }

  #leave(): void {
    this.#waiting.shift()?.send();
    const nextMs = this.#clock.monotonicMs() + EVERY_MS;
    if (this.#waiting.length > 0) this.#wakeAt(nextMs);
    else this.#leavesAtMs = nextMs;
  }
}

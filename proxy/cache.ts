import { LRUCache } from "lru-cache";
import type { Entry } from "../shared/protocol/entries.js";
import { LIMITS } from "../shared/protocol/limits.js";
import type { Filled } from "../shared/protocol/link.js";

/** An entry that may be answered from while the proxy's lease runs. Times are on the proxy's monotonic clock. */
export interface CachedEntry {
  readonly kind: "entry";
  readonly entry: Entry;
  /** The newest round when it was granted, or the round that refreshed it. */
  readonly round: number;
  readonly grantUntilMs: number;
  /** From then on it must be looked up anew: the grant is over, or the lock may have expired. */
  readonly usableUntilMs: number;
  readonly knownSinceMs: number;
}

/** The place of an entry that a round dropped: what may be refreshed by the event of that very round (rule R5). */
interface Tombstone {
  readonly kind: "tombstone";
  readonly round: number;
  readonly grantUntilMs: number;
  readonly ackedAtMs: number;
}

type Slot = CachedEntry | Tombstone;

/** What a slot takes beside its texts: objects, map and list nodes. Measured generously. */
const SLOT_BYTES = 400;

/**
 * What a proxy holds of the cell: entries, absent ones included, and tombstones, in an LRU with a byte
 * budget. Eviction is told to nobody; the master then only believes that we may hold more than we do.
 *
 * The cache knows nothing of the lease: whoever answers from it asks the lease in the same turn (rule A1).
 */
export class Cache {
  readonly #slots: LRUCache<string, Slot>;

  constructor(cacheBytes: number) {
    this.#slots = new LRUCache({ maxSize: cacheBytes, sizeCalculation: bytesOf });
  }

  /** The entry under the key, if there is one and it may still be used. */
  get(key: string, nowMs: number): CachedEntry | undefined {
    const slot = this.#slots.get(key);
    return slot?.kind === "entry" && nowMs < slot.usableUntilMs ? slot : undefined;
  }

  /** Keeps a granted answer to a fill that was sent at `sentAtMs`. One that is older than what is known is not kept. */
  keep(filled: Filled & { readonly grant: number }, sentAtMs: number): void {
    const { entry, grant } = filled;
    const known = this.#slots.peek(entry.key);
    if (known !== undefined && known.round > grant) return;
    const grantUntilMs = sentAtMs + LIMITS.grantMs * LIMITS.driftFactor;
    this.#slots.set(entry.key, {
      kind: "entry",
      entry,
      round: grant,
      grantUntilMs,
      usableUntilMs: Math.min(grantUntilMs, lookAgainAtMs(entry, sentAtMs)),
      knownSinceMs: sentAtMs,
    });
  }

  /** Takes note of a round for one key. True if there is a tombstone of exactly this round afterwards (`had`). */
  invalidate(key: string, round: number, nowMs: number): boolean {
    const slot = this.#slots.peek(key);
    if (slot === undefined) return false;
    if (slot.round >= round) return slot.kind === "tombstone" && slot.round === round;
    this.#slots.set(key, { kind: "tombstone", round, grantUntilMs: slot.grantUntilMs, ackedAtMs: nowMs });
    return true;
  }

  /** Puts a new entry over the tombstone of exactly this round; anywhere else it does nothing (rule R6). */
  refresh(entry: Entry, round: number, nowMs: number): boolean {
    const slot = this.#slots.peek(entry.key);
    if (slot?.kind !== "tombstone" || slot.round !== round) return false;
    this.#slots.set(entry.key, {
      kind: "entry",
      entry,
      round,
      grantUntilMs: slot.grantUntilMs,
      usableUntilMs: Math.min(slot.grantUntilMs, lookAgainAtMs(entry, slot.ackedAtMs)),
      knownSinceMs: nowMs,
    });
    return true;
  }

  /** Entries and tombstones held. */
  get size(): number {
    return this.#slots.size;
  }

  /** Bytes that they take, about. */
  get bytes(): number {
    return this.#slots.calculatedSize;
  }
}

/** When a TTL lock may have expired, counted from an instant at which it had at least `leftMs` (rule T1). */
const lookAgainAtMs = ({ leftMs }: Entry, fromMs: number): number =>
  leftMs === undefined ? Number.POSITIVE_INFINITY : fromMs + leftMs * LIMITS.driftFactor;

function bytesOf(slot: Slot, key: string): number {
  const { value } = slot.kind === "entry" ? slot.entry : { value: null };
  const textChars = value?.kind === "lock" ? value.name.length + (value.metadata?.length ?? 0) : 0;
  return SLOT_BYTES + 2 * (key.length + textChars);
}

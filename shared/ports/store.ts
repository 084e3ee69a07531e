/** A key and its value, both text. */
export interface StoreEntry {
  readonly key: string;
  readonly value: string;
}

/** One change within a batch. */
export type StoreChange = { readonly put: string; readonly value: string } | { readonly remove: string };

/** Keys from one up to another, exclusive, compared as UTF-8 bytes. */
export interface StoreKeys {
  readonly from: string;
  readonly below: string;
}

/** Bounds of a range of keys. */
export interface StoreRange extends Partial<StoreKeys> {
  readonly reverse?: boolean;
  readonly limit?: number;
  /** The values, which may be large, are not read: each is "". */
  readonly keysOnly?: boolean;
}

/**
 * The disk under the journal: ordered keys and atomic, synced batches. One process has it open at a time.
 *
 * A rejected `write` leaves it unknown whether the batch is on disk; whoever writes must then stop and
 * recover from what a new `open` finds.
 */
export interface Store {
  /** Applies all changes or none, and resolves once they would survive a power loss (fsync). */
  write(changes: readonly StoreChange[]): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** The entries of a range in order. Rejects if what is on disk cannot be read. */
  range(range: StoreRange): AsyncIterable<StoreEntry>;
  /** Removes what lies between two keys, a part at a time and without a sync: a power loss may bring the last of it back. */
  clear(keys: StoreKeys): Promise<void>;
  /**
   * Notes `mark` beside the store, without a sync: it survives the death of the process, and says after
   * a start how far the store had certainly come (see `journal.ts`).
   */
  setMark(mark: string): void;
  /** The last mark that can be read, or undefined. */
  getMark(): string | undefined;
  /** Bytes on disk, about. */
  sizeBytes(): Promise<number>;
  /** Rewrites the files so that removed entries take no room. */
  compact(): Promise<void>;
  close(): Promise<void>;
}

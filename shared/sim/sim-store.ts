import type { Clock } from "../ports/clock.js";
import type { Random } from "../ports/random.js";
import type { Store, StoreChange, StoreEntry, StoreKeys, StoreRange } from "../ports/store.js";
import { StoreError } from "../ports/store-error.js";

/** So that a crash may come in between. */
const CLEARED_AT_ONCE = 10;

export interface SimDiskParts {
  readonly clock: Clock;
  readonly random: Random;
  /** How long a synced write takes at most; it takes at least half of it. 0: it is done at once. */
  readonly writeMs?: number;
}

/**
 * A disk in memory that outlives the processes which open it, and fails when a test says so.
 *
 * It is a list of synced batches, as a log is; the entries are what comes of applying them. So a lost tail,
 * or a batch lost in the middle, is simply a shorter list.
 */
export class SimDisk {
  /** While set, every write is refused as on a full disk, and changes nothing. */
  full = false;
  readonly #parts: SimDiskParts;
  #batches: (readonly StoreChange[])[] = [];
  #entries = new SortedEntries();
  #marks: string[] = [];
  #opened: SimStore | undefined;

  constructor(parts: SimDiskParts) {
    this.#parts = parts;
  }

  /** Opens the disk for one process. Rejects with a `StoreError` while another has it. */
  async open(): Promise<Store> {
    if (this.#opened !== undefined) {
      throw new StoreError("inUse", "The simulated disk is in use by another process; end that one first.");
    }
    this.#opened = new SimStore(this.#parts, {
      entries: () => this.#entries,
      marks: this.#marks,
      isFull: () => this.full,
      commit: (changes) => this.#commit(changes),
      closed: () => {
        this.#opened = undefined;
      },
    });
    return this.#opened;
  }

  /**
   * Ends the process that has the disk open: its store rejects everything from now on. Of the batches that it
   * was writing, any number of the first ones are on disk. When the `machine` dies, the mark, which is never
   * synced, may be any earlier one as well.
   */
  crash(what: "process" | "machine" = "process"): void {
    const unsynced = this.#opened?.kill() ?? [];
    const survivors = this.#upTo(unsynced.length);
    for (const changes of unsynced.slice(0, survivors)) this.#commit(changes);
    if (what === "machine") this.#marks.length = this.#upTo(this.#marks.length);
    this.#opened = undefined;
  }

  /** How many batches are on disk. */
  get batches(): number {
    return this.#batches.length;
  }

  /** Loses `count` synced batches, those before the last `kept` ones: what a lying disk does, and a damaged log. */
  loseBatches(count: number, kept = 0): void {
    this.#batches.splice(Math.max(0, this.#batches.length - kept - count), count);
    this.#entries = new SortedEntries();
    for (const changes of this.#batches) this.#entries.apply(changes);
  }

  /** Puts another value in the place of a key's, as a flipped bit does. */
  alter(key: string, change: (value: string) => string): void {
    const value = this.#entries.get(key);
    if (value === undefined) throw new Error(`The simulated disk has no key ${key}.`);
    this.#commit([{ put: key, value: change(value) }]);
  }

  /** Every key on disk, in order. */
  keys(): string[] {
    return this.#entries.select({}).map((entry) => entry.key);
  }

  #commit(changes: readonly StoreChange[]): void {
    this.#batches.push(changes);
    this.#entries.apply(changes);
  }

  #upTo(most: number): number {
    return Math.floor(this.#parts.random.fraction() * (most + 1));
  }
}

interface Platter {
  readonly entries: () => SortedEntries;
  readonly marks: string[];
  readonly isFull: () => boolean;
  readonly commit: (changes: readonly StoreChange[]) => void;
  readonly closed: () => void;
}

class SimStore implements Store {
  readonly #parts: SimDiskParts;
  readonly #platter: Platter;
  readonly #unsynced: (readonly StoreChange[])[] = [];
  #lastWrite: Promise<void> = Promise.resolve();
  #state: "open" | "closed" | "dead" = "open";

  constructor(parts: SimDiskParts, platter: Platter) {
    this.#parts = parts;
    this.#platter = platter;
  }

  /** Ends the process; answers what it was writing. */
  kill(): (readonly StoreChange[])[] {
    this.#state = "dead";
    return this.#unsynced;
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    this.#assertOpen();
    this.#unsynced.push([...changes]);
    const turn = this.#lastWrite.then(() => this.#sync());
    this.#lastWrite = turn.catch(() => {});
    await turn;
  }

  async get(key: string): Promise<string | undefined> {
    this.#assertOpen();
    return this.#platter.entries().get(key);
  }

  async *range(range: StoreRange): AsyncIterable<StoreEntry> {
    this.#assertOpen();
    for (const entry of this.#platter.entries().select(range)) {
      this.#assertOpen();
      yield range.keysOnly === true ? { ...entry, value: "" } : entry;
    }
  }

  async clear(keys: StoreKeys): Promise<void> {
    this.#assertOpen();
    const removed = this.#platter.entries().select(keys);
    for (let at = 0; at < removed.length; at += CLEARED_AT_ONCE) {
      await this.write(removed.slice(at, at + CLEARED_AT_ONCE).map(({ key }) => ({ remove: key })));
    }
  }

  setMark(mark: string): void {
    this.#assertOpen();
    this.#platter.marks.push(mark);
  }

  getMark(): string | undefined {
    this.#assertOpen();
    return this.#platter.marks.at(-1);
  }

  async sizeBytes(): Promise<number> {
    this.#assertOpen();
    return this.#platter.entries().sizeBytes();
  }

  async compact(): Promise<void> {
    this.#assertOpen();
  }

  async close(): Promise<void> {
    if (!this.#isOpen()) return;
    await this.#lastWrite;
    if (!this.#isOpen()) return;
    this.#state = "closed";
    this.#platter.closed();
  }

  async #sync(): Promise<void> {
    await this.#latency();
    this.#assertOpen();
    const changes = this.#unsynced.shift() as readonly StoreChange[];
    if (this.#platter.isFull()) {
      throw new StoreError("full", "The simulated disk is full; make room and start again.");
    }
    this.#platter.commit(changes);
  }

  async #latency(): Promise<void> {
    const { clock, random, writeMs = 0 } = this.#parts;
    if (writeMs === 0) return;
    const delayMs = (writeMs / 2) * (1 + random.fraction());
    await new Promise<void>((done) => clock.after(delayMs, done));
  }

  #isOpen(): boolean {
    return this.#state === "open";
  }

  #assertOpen(): void {
    if (this.#isOpen()) return;
    throw new StoreError("closed", `The simulated disk is ${this.#state} for this process.`);
  }
}

/** Entries in the order of their keys' UTF-8 bytes, sorted when somebody asks after a change. */
class SortedEntries {
  readonly #values = new Map<string, string>();
  #sorted: StoreEntry[] | undefined;

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  apply(changes: readonly StoreChange[]): void {
    for (const change of changes) {
      if ("put" in change) this.#values.set(change.put, change.value);
      else this.#values.delete(change.remove);
    }
    this.#sorted = undefined;
  }

  select({ from, below, reverse = false, limit }: StoreRange): StoreEntry[] {
    this.#sorted ??= [...this.#values].map(([key, value]) => ({ key, value })).sort(byKeyBytes);
    const selected = this.#sorted.filter(
      ({ key }) => (from === undefined || compare(key, from) >= 0) && (below === undefined || compare(key, below) < 0),
    );
    if (reverse) selected.reverse();
    return limit === undefined ? selected : selected.slice(0, limit);
  }

  sizeBytes(): number {
    let bytes = 0;
    for (const [key, value] of this.#values) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    return bytes;
  }
}

function byKeyBytes(a: StoreEntry, b: StoreEntry): number {
  return compare(a.key, b.key);
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

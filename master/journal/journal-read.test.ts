import { beforeEach, describe, expect, it } from "vitest";
import type { Store, StoreChange, StoreEntry, StoreKeys, StoreRange } from "../../shared/ports/store.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { appendWithSnapshotAt, flip, JournalDisk, openJournal, revisionsOf } from "./journal-disk.fixture.js";
import { recordKey } from "./journal-keys.js";

let disk: JournalDisk;

beforeEach(() => {
  disk = new JournalDisk();
});

describe("Journal.read", () => {
  it("gives the commands after a revision", async () => {
    const { journal } = await disk.start();
    await journal.append(["a", "b", "c", "d"]);
    expect(await journal.read(1, 2)).toEqual([
      { revision: 2, body: "b" },
      { revision: 3, body: "c" },
    ]);
    expect(await journal.read(4, 9)).toEqual([]);
    expect(await journal.read(99, 9)).toEqual([]);
  });

  it.each(["at once", "after a restart"])("says what is compacted away, %s", async (when) => {
    let { journal } = await disk.start();
    await appendWithSnapshotAt(journal, [2, 4, 6], 8);
    if (when === "after a restart") journal = (await disk.restart(journal)).journal;
    expect(await journal.read(3, 9)).toBe("compacted");
    expect(revisionsOf(await journal.read(4, 9))).toEqual([5, 6, 7, 8]);
    expect(revisionsOf(await journal.read(5, 2))).toEqual([6, 7]);
  });

  it("shows nothing that is not acknowledged", async () => {
    const clock = new SimClock();
    disk = new JournalDisk({ clock, fraction: 0.5 });
    const { journal } = await disk.start();
    await clock.settle(journal.append(["a"]), 100);
    const append = journal.append(["b"]);
    const seen: unknown[] = [];
    while (journal.lastRevision < 2) {
      seen.push(revisionsOf(await journal.read(0, 9)));
      await clock.runFor(1);
    }
    await append;
    expect(new Set(seen.map(String))).toEqual(new Set(["1"]));
  });

  it("shows nothing that is on disk, but not yet known to be", async () => {
    const store = new SlowToAnswer(await disk.open());
    const { journal } = await openJournal(store);
    await journal.append(["a"]);
    const answer = store.holdNextWrite();
    const append = journal.append(["b"]);
    while ((await store.get(recordKey(2))) === undefined);
    expect(revisionsOf(await journal.read(0, 9))).toEqual([1]);
    answer();
    await append;
    expect(revisionsOf(await journal.read(0, 9))).toEqual([1, 2]);
  });

  it("takes what is removed while it reads for compacted, not for damage", async () => {
    const store = new SlowToAnswer(await disk.open());
    const { journal } = await openJournal(store);
    await appendWithSnapshotAt(journal, [2], 6);
    store.beforeNextRange = () => appendWithSnapshotAt(journal, [7, 8], 9);
    expect(await journal.read(3, 9)).toBe("compacted");
  });

  it("refuses what was altered since the start", async () => {
    const { journal } = await disk.start();
    await journal.append(["a", "b", "c"]);
    disk.alter(recordKey(2), flip);
    await expect(journal.read(0, 9)).rejects.toThrow(/revision 2/);
  });
});

/** A store whose answers a test can hold up. */
class SlowToAnswer implements Store {
  beforeNextRange: (() => Promise<void>) | undefined;
  readonly #store: Store;
  #held: Promise<void> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The next write is done, but says so only when the function is called that this returns. */
  holdNextWrite(): () => void {
    let answer = () => {};
    this.#held = new Promise((resolve) => {
      answer = resolve;
    });
    return answer;
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    await this.#store.write(changes);
    await this.#held;
  }

  async *range(range: StoreRange): AsyncIterable<StoreEntry> {
    const before = this.beforeNextRange;
    this.beforeNextRange = undefined;
    await before?.();
    yield* this.#store.range(range);
  }

  get = (key: string) => this.#store.get(key);
  clear = (keys: StoreKeys) => this.#store.clear(keys);
  setMark = (mark: string) => this.#store.setMark(mark);
  getMark = () => this.#store.getMark();
  sizeBytes = () => this.#store.sizeBytes();
  compact = () => this.#store.compact();
  close = () => this.#store.close();
}

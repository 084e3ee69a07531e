import { beforeEach, describe, expect, it } from "vitest";
import { type Log, silentLog } from "../../shared/ports/log.js";
import type { Random } from "../../shared/ports/random.js";
import type { Store, StoreChange, StoreEntry, StoreRange } from "../../shared/ports/store.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { SimDisk } from "../../shared/sim/sim-store.js";
import { Journal, type JournalRecord, type Recovered } from "./journal.js";
import { JournalError } from "./journal-error.js";
import { chunkKey, recordKey, snapshotKey } from "./journal-keys.js";

const WAY_OUT = "restore the newest backup into an empty directory";

let disk: SimDisk;

beforeEach(() => {
  disk = new SimDisk({ clock: new SimClock(), random: always(0.5) });
});

describe("Journal", () => {
  it("is empty at first", async () => {
    const { journal, ...found } = await start();
    expect(found).toEqual({ snapshot: undefined, records: [], journalWasEmpty: true, wasRestored: false });
    expect(journal.lastRevision).toBe(0);
  });

  it("numbers commands from 1, without gaps, and finds them again", async () => {
    const { journal } = await start();
    expect(await journal.append(["a"])).toBe(1);
    expect(await journal.append([{ b: [null, 1.5, "ü\u2028🐙"] }, "c"])).toBe(3);
    const again = await restart(journal);
    expect(again.records).toEqual([
      { revision: 1, body: "a" },
      { revision: 2, body: { b: [null, 1.5, "ü\u2028🐙"] } },
      { revision: 3, body: "c" },
    ]);
    expect(again.journalWasEmpty).toBe(false);
    expect(await again.journal.append(["d"])).toBe(4);
  });

  it("puts what comes together into one batch", async () => {
    const { journal } = await start();
    await journal.append(["a", "b", "c"]);
    expect(disk.batches).toBe(1);
  });

  it("takes one append at a time", async () => {
    const { journal } = await start();
    const first = journal.append(["a"]);
    await expect(journal.append(["b"])).rejects.toThrow("one append is in flight");
    expect(await first).toBe(1);
    expect(await journal.append(["b"])).toBe(2);
  });

  it("goes on from the snapshot with what came after it", async () => {
    const { journal } = await start();
    await journal.append(["a", "b"]);
    await journal.writeSnapshot(2, { sum: "ab" });
    await journal.append(["c"]);
    const again = await restart(journal);
    expect(again.snapshot).toEqual({ revision: 2, state: { sum: "ab" } });
    expect(again.records).toEqual([{ revision: 3, body: "c" }]);
    expect(await again.journal.append(["d"])).toBe(4);
    expect((await restart(again.journal)).records).toHaveLength(2);
  });

  it("splits a big snapshot into chunks, between characters", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    const state = { text: `${"x".repeat(262_133)}${"🐙".repeat(300_000)}`, note: "🐙" };
    await journal.writeSnapshot(1, state);
    expect(disk.keys().filter((key) => key.includes("chunk"))).toHaveLength(4);
    expect((await restart(journal)).snapshot).toEqual({ revision: 1, state });
  });

  it("keeps two snapshots and the records after the older one", async () => {
    const { journal } = await start();
    await appendWithSnapshotAt(journal, [2, 4, 6], 7);
    expect(disk.keys()).toEqual([
      chunkKey(4, 0),
      chunkKey(6, 0),
      recordKey(5),
      recordKey(6),
      recordKey(7),
      snapshotKey(4),
      snapshotKey(6),
    ]);
  });

  it("takes commands while a snapshot is being written, of which it holds none", async () => {
    const clock = new SimClock();
    disk = new SimDisk({ clock, random: always(0.5), writeMs: 4 });
    const { journal } = await start();
    await clock.settle(journal.append(["a"]), 100);
    const state = { seen: ["a"] };
    const snapshot = journal.writeSnapshot(1, state);
    state.seen.push("b");
    await clock.settle(journal.append(["b"]), 100);
    await clock.settle(snapshot, 100);
    const again = await restart(journal);
    expect(again.snapshot).toEqual({ revision: 1, state: { seen: ["a"] } });
    expect(again.records).toEqual([{ revision: 2, body: "b" }]);
  });

  it("closes after what is under way", async () => {
    const clock = new SimClock();
    disk = new SimDisk({ clock, random: always(0.5), writeMs: 4 });
    const { journal } = await start();
    const append = journal.append(["a"]);
    await clock.settle(Promise.all([append, journal.close()]), 100);
    expect((await start()).records).toHaveLength(1);
  });
});

describe("Journal.read", () => {
  it("gives the commands after a revision", async () => {
    const { journal } = await start();
    await journal.append(["a", "b", "c", "d"]);
    expect(await journal.read(1, 2)).toEqual([
      { revision: 2, body: "b" },
      { revision: 3, body: "c" },
    ]);
    expect(await journal.read(4, 9)).toEqual([]);
    expect(await journal.read(99, 9)).toEqual([]);
  });

  it.each(["at once", "after a restart"])("says what is compacted away, %s", async (when) => {
    let { journal } = await start();
    await appendWithSnapshotAt(journal, [2, 4, 6], 8);
    if (when === "after a restart") journal = (await restart(journal)).journal;
    expect(await journal.read(3, 9)).toBe("compacted");
    expect(revisionsOf(await journal.read(4, 9))).toEqual([5, 6, 7, 8]);
    expect(revisionsOf(await journal.read(5, 2))).toEqual([6, 7]);
  });

  it("shows nothing that is not acknowledged", async () => {
    const clock = new SimClock();
    disk = new SimDisk({ clock, random: always(0.5), writeMs: 4 });
    const { journal } = await start();
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
    const { journal } = await Journal.open(store, silentLog);
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
    const { journal } = await Journal.open(store, silentLog);
    await appendWithSnapshotAt(journal, [2], 6);
    store.beforeNextRange = () => appendWithSnapshotAt(journal, [7, 8], 9);
    expect(await journal.read(3, 9)).toBe("compacted");
  });

  it("refuses what was altered since the start", async () => {
    const { journal } = await start();
    await journal.append(["a", "b", "c"]);
    disk.alter(recordKey(2), flip);
    await expect(journal.read(0, 9)).rejects.toThrow(/revision 2/);
  });
});

describe("recovery", () => {
  it("has lost a tail that nobody was told of", async () => {
    const clock = new SimClock();
    disk = new SimDisk({ clock, random: always(0), writeMs: 4 });
    const { journal } = await start();
    await clock.settle(journal.append(["a"]), 100);
    const append = journal.append(["b", "c"]).catch((error: Error) => error);
    disk.crash();
    expect(await clock.settle(append, 100)).toBeInstanceOf(JournalError);
    expect((await start()).records).toEqual([{ revision: 1, body: "a" }]);
  });

  it("finds a tail that nobody was told of, and says so", async () => {
    const clock = new SimClock();
    disk = new SimDisk({ clock, random: always(0.99), writeMs: 4 });
    const { journal } = await start();
    await clock.settle(journal.append(["a"]), 100);
    const append = journal.append(["b", "c"]).catch((error: Error) => error);
    disk.crash();
    await clock.settle(append, 100);
    const log = new Lines();
    const found = await start(log);
    expect(found.records).toHaveLength(3);
    await found.journal.close();
    expect(log.lines).toContain("info Recovered revisions 2 to 3, which were written but perhaps not yet answered.");
    disk.loseBatches(1);
    await refused(2);
  });

  it("refuses when a tail is gone that was acknowledged", async () => {
    const { journal } = await start();
    for (const body of ["a", "b", "c"]) await journal.append([body]);
    await journal.close();
    disk.loseBatches(2);
    expect(await refused(2)).toContain("ends at revision 1, but it had come to revision 3");
    await refused(2);
  });

  it("refuses when everything is gone but the mark", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    await journal.close();
    disk.loseBatches(9);
    await refused(1);
  });

  it("refuses a gap", async () => {
    const { journal } = await start();
    for (const body of ["a", "b", "c", "d"]) await journal.append([body]);
    await journal.close();
    disk.loseBatches(2, 1);
    expect(await refused(2)).toContain("revisions 2 to 3 are missing");
  });

  it("refuses a flipped bit at any place of a record", async () => {
    const { journal } = await start();
    await journal.append(["a", { b: 1 }, "c"]);
    await journal.close();
    const value = (await storedAt(recordKey(2))) ?? "";
    for (let at = 0; at < value.length; at++) {
      disk.alter(recordKey(2), () => flip(value, at));
      await refused(2);
    }
    disk.alter(recordKey(2), () => value);
    expect((await start()).records).toHaveLength(3);
  });

  it("refuses a command that has become something else", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    await journal.close();
    disk.alter(recordKey(1), (value) => value.replace("command", "copy"));
    await refused(1);
  });

  it("refuses a record in another's place, though its own checksum is right", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    await journal.append(["a"]);
    await journal.close();
    const first = (await storedAt(recordKey(1))) ?? "";
    disk.alter(recordKey(2), () => first);
    await refused(2);
  });

  it("goes on from the older snapshot when the newest is bad, and says so", async () => {
    for (const damage of [
      () => disk.alter(snapshotKey(4), flip),
      () => disk.alter(chunkKey(4, 0), flip),
      () => disk.alter(chunkKey(4, 0), () => ""),
    ]) {
      disk = new SimDisk({ clock: new SimClock(), random: always(0.5) });
      const { journal } = await start();
      await appendWithSnapshotAt(journal, [2, 4], 5);
      await journal.close();
      damage();
      const log = new Lines();
      const again = await start(log);
      expect(again.snapshot).toEqual({ revision: 2, state: { at: 2 } });
      expect(revisionsOf(again.records)).toEqual([3, 4, 5]);
      expect(log.lines.join()).toContain("warn The snapshot of revision 4 is damaged");
      await appendWithSnapshotAt(again.journal, [6], 6);
      expect((await restart(again.journal)).snapshot).toEqual({ revision: 6, state: { at: 6 } });
      expect(disk.keys().filter((key) => key.includes("snapshot"))).toEqual([snapshotKey(2), snapshotKey(6)]);
    }
  });

  it("refuses when the records that a bad snapshot stood for are gone", async () => {
    const { journal } = await start();
    await appendWithSnapshotAt(journal, [2, 4], 5);
    await journal.close();
    disk.alter(snapshotKey(4), flip);
    disk.alter(snapshotKey(2), flip);
    expect(await refused(1)).toContain("no snapshot is good (4, 2), and revisions 1 to 2 are missing");
  });

  it("refuses when the snapshot is missing whose records were removed", async () => {
    const { journal } = await start();
    await appendWithSnapshotAt(journal, [2, 4], 5);
    await journal.close();
    const store = await disk.open();
    await store.write([{ remove: snapshotKey(4) }, { remove: snapshotKey(2) }]);
    await store.close();
    expect(await refused(1)).toContain("there is no snapshot, and revisions 1 to 2 are missing");
  });

  it("refuses a bad snapshot with nothing after it, also without a mark", async () => {
    const { journal } = await start();
    await appendWithSnapshotAt(journal, [2, 4], 4);
    disk.alter(snapshotKey(4), flip);
    disk.alter(snapshotKey(2), flip);
    const store = await restoreWithoutMark();
    await store.write([{ remove: recordKey(3) }, { remove: recordKey(4) }]);
    await store.close();
    expect(await refused(1)).toContain("there is a snapshot of revision 4");
  });

  it("starts without a mark, and says what it could not check", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    await (await restoreWithoutMark()).close();
    const log = new Lines();
    expect((await start(log)).records).toHaveLength(1);
    expect(log.lines.join()).toContain("warn The journal's mark is missing");
  });

  it("refuses the files of another journal under this one's mark", async () => {
    const { journal } = await start();
    await journal.append(["mine"]);
    await journal.close();
    const other = new SimDisk({ clock: new SimClock(), random: always(0) });
    const { journal: another } = await Journal.open(await other.open(), silentLog);
    await another.append(["other"]);
    await another.close();
    const store = await other.open();
    const value = (await store.get(recordKey(1))) ?? "";
    disk.alter(recordKey(1), () => value);
    expect(await refused(1)).toContain("files of another journal");
  });

  it("refuses a store with anything else in it", async () => {
    const store = await disk.open();
    await store.write([{ put: "z", value: "" }]);
    await store.close();
    await expect(start()).rejects.toThrow("no journal of this version");
  });

  it("warns of damage in the part that nothing needs", async () => {
    const { journal } = await start();
    await appendWithSnapshotAt(journal, [2, 4], 5);
    await journal.close();
    disk.alter(recordKey(3), flip);
    const log = new Lines();
    const again = await start(log);
    expect(revisionsOf(again.records)).toEqual([5]);
    expect(log.lines.join()).toContain("older part");
    expect(await again.journal.read(3, 9)).toBe("compacted");
  });
});

describe("a full disk", () => {
  it("fails the append, and the journal for good", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    disk.full = true;
    const error = await journal.append(["b"]).catch((thrown: Error) => thrown);
    expect(String(error)).toContain("make room");
    disk.full = false;
    await expect(journal.append(["c"])).rejects.toBe(error);
    await expect(journal.writeSnapshot(1, {})).rejects.toBe(error);
    expect(journal.lastRevision).toBe(1);
    expect((await restart(journal)).records).toEqual([{ revision: 1, body: "a" }]);
  });

  it("fails the journal when it fails a snapshot", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    disk.full = true;
    await expect(journal.writeSnapshot(1, {})).rejects.toThrow(JournalError);
    disk.full = false;
    await expect(journal.append(["b"])).rejects.toThrow("could not be written");
    expect((await restart(journal)).records).toHaveLength(1);
  });
});

describe("skipped revisions", () => {
  it("are never used, and no gap", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    await journal.skipTo(1_000);
    expect(await journal.append(["b"])).toBe(1_001);
    expect(await journal.read(1, 9)).toEqual([{ revision: 1_001, body: "b" }]);
    expect(await journal.read(500, 9)).toEqual([{ revision: 1_001, body: "b" }]);
    const again = await restart(journal);
    expect(revisionsOf(again.records)).toEqual([1, 1_001]);
    expect(await again.journal.append(["c"])).toBe(1_002);
    await expect(again.journal.skipTo(1_002)).rejects.toThrow("forwards");
  });

  it("cannot become more or fewer", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    await journal.skipTo(1_000);
    await journal.close();
    const store = await disk.open();
    const value = (await store.get(recordKey(1_000))) ?? "";
    await store.write([{ remove: recordKey(1_000) }, { put: recordKey(2_000), value }]);
    await store.close();
    await refused(2_000);
  });

  it("hide no lost record", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    await journal.append(["b"]);
    await journal.skipTo(1_000);
    await journal.close();
    disk.loseBatches(1, 1);
    await refused(1_000);
  });
});

describe("a copy", () => {
  it("says that it is one until something is committed to it", async () => {
    const { journal } = await start();
    await journal.append(["a"]);
    await journal.markAsCopy();
    const copy = await restart(journal);
    expect(copy.wasRestored).toBe(true);
    expect(copy.records).toEqual([{ revision: 1, body: "a" }]);
    await expect(copy.journal.writeSnapshot(copy.journal.lastRevision, {})).rejects.toThrow("raises its numbers");
    await copy.journal.skipTo(1_000);
    const lifted = await restart(copy.journal);
    expect(lifted.wasRestored).toBe(true);
    await lifted.journal.append(["raise"]);
    await lifted.journal.writeSnapshot(lifted.journal.lastRevision, "raised");
    expect((await restart(lifted.journal)).wasRestored).toBe(false);
  });
});

async function start(log: Log = silentLog): Promise<Recovered> {
  return Journal.open(await disk.open(), log);
}

async function restart(journal: Journal): Promise<Recovered> {
  await journal.close();
  return start();
}

/** The same entries on a disk that never had a mark. */
async function restoreWithoutMark() {
  const entries = new Map<string, string>();
  disk.crash();
  const old = await disk.open();
  for await (const { key, value } of old.range({})) entries.set(key, value);
  disk = new SimDisk({ clock: new SimClock(), random: always(0.5) });
  const store = await disk.open();
  await store.write([...entries].map(([put, value]) => ({ put, value })));
  return store;
}

/** Checks that the journal refuses to start, names the revision and the way out, and lets go of the disk. */
async function refused(revision: number): Promise<string> {
  const error = await start().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(JournalError);
  const { message, revision: named } = error as JournalError;
  expect(named).toBe(revision);
  expect(message).toContain(String(revision));
  expect(message).toContain(WAY_OUT);
  return message;
}

async function appendWithSnapshotAt(journal: Journal, revisions: readonly number[], last: number): Promise<void> {
  while (journal.lastRevision < last) {
    const revision = await journal.append([`command ${journal.lastRevision + 1}`]);
    if (revisions.includes(revision)) await journal.writeSnapshot(revision, { at: revision });
  }
}

async function storedAt(key: string): Promise<string | undefined> {
  const store = await disk.open();
  const value = await store.get(key);
  await store.close();
  return value;
}

function revisionsOf(records: readonly JournalRecord[] | "compacted"): number[] {
  return records === "compacted" ? [] : records.map(({ revision }) => revision);
}

function flip(value: string, at = Math.floor(value.length / 2)): string {
  return value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);
}

function always(fraction: number): Random {
  return {
    hex: (bytes) => "00".repeat(bytes),
    uuid: () => "00000000-0000-4000-8000-000000000000",
    fraction: () => fraction,
  };
}

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
  setMark = (mark: string) => this.#store.setMark(mark);
  getMark = () => this.#store.getMark();
  sizeBytes = () => this.#store.sizeBytes();
  compact = () => this.#store.compact();
  close = () => this.#store.close();
}

class Lines implements Log {
  readonly lines: string[] = [];
  debug = (_fields: object, message: string) => void this.lines.push(`debug ${message}`);
  info = (_fields: object, message: string) => void this.lines.push(`info ${message}`);
  warn = (_fields: object, message: string) => void this.lines.push(`warn ${message}`);
  error = (_fields: object, message: string) => void this.lines.push(`error ${message}`);
}

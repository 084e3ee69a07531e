import { beforeEach, describe, expect, it } from "vitest";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { appendWithSnapshotAt, JournalDisk, revisionsOf } from "./journal-disk.fixture.js";
import { JournalError } from "./journal-error.js";
import { chunkKey, recordKey, snapshotKey } from "./journal-keys.js";

let disk: JournalDisk;

beforeEach(() => {
  disk = new JournalDisk();
});

describe("Journal", () => {
  it("is empty at first", async () => {
    const { journal, ...found } = await disk.start();
    expect(found).toEqual({ snapshot: undefined, records: [], journalWasEmpty: true, wasRestored: false });
    expect(journal.lastRevision).toBe(0);
  });

  it("numbers commands from 1, without gaps, and finds them again", async () => {
    const { journal } = await disk.start();
    expect(await journal.append(["a"])).toBe(1);
    expect(await journal.append([{ b: [null, 1.5, "ü\u2028🐙"] }, "c"])).toBe(3);
    const again = await disk.restart(journal);
    expect(again.records).toEqual([
      { revision: 1, body: "a" },
      { revision: 2, body: { b: [null, 1.5, "ü\u2028🐙"] } },
      { revision: 3, body: "c" },
    ]);
    expect(again.journalWasEmpty).toBe(false);
    expect(await again.journal.append(["d"])).toBe(4);
  });

  it("puts what comes together into one batch", async () => {
    const { journal } = await disk.start();
    await journal.append(["a", "b", "c"]);
    expect(disk.batches).toBe(1);
  });

  it("takes one append at a time", async () => {
    const { journal } = await disk.start();
    const first = journal.append(["a"]);
    await expect(journal.append(["b"])).rejects.toThrow("one append is in flight");
    expect(await first).toBe(1);
    expect(await journal.append(["b"])).toBe(2);
  });

  it("goes on from the snapshot with what came after it", async () => {
    const { journal } = await disk.start();
    await journal.append(["a", "b"]);
    await journal.writeSnapshot(2, { sum: "ab" });
    await journal.append(["c"]);
    const again = await disk.restart(journal);
    expect(again.snapshot).toEqual({ revision: 2, state: { sum: "ab" } });
    expect(again.records).toEqual([{ revision: 3, body: "c" }]);
    expect(await again.journal.append(["d"])).toBe(4);
    expect((await disk.restart(again.journal)).records).toHaveLength(2);
  });

  it("splits a big snapshot into chunks, between characters", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    const state = { text: `${"x".repeat(262_133)}${"🐙".repeat(300_000)}`, note: "🐙" };
    await journal.writeSnapshot(1, state);
    expect(disk.keys().filter((key) => key.includes("chunk"))).toHaveLength(4);
    expect((await disk.restart(journal)).snapshot).toEqual({ revision: 1, state });
  });

  it("keeps two snapshots and the records after the older one", async () => {
    const { journal } = await disk.start();
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
    disk = new JournalDisk({ clock, fraction: 0.5 });
    const { journal } = await disk.start();
    await clock.settle(journal.append(["a"]), 100);
    const state = { seen: ["a"] };
    const snapshot = journal.writeSnapshot(1, state);
    state.seen.push("b");
    await clock.settle(journal.append(["b"]), 100);
    await clock.settle(snapshot, 100);
    const again = await disk.restart(journal);
    expect(again.snapshot).toEqual({ revision: 1, state: { seen: ["a"] } });
    expect(again.records).toEqual([{ revision: 2, body: "b" }]);
  });

  it("closes after what is under way", async () => {
    const clock = new SimClock();
    disk = new JournalDisk({ clock, fraction: 0.5 });
    const { journal } = await disk.start();
    const append = journal.append(["a"]);
    await clock.settle(Promise.all([append, journal.close()]), 100);
    expect((await disk.start()).records).toHaveLength(1);
  });
});

describe("a full disk", () => {
  it("fails the append, and the journal for good", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    disk.full = true;
    const error = await journal.append(["b"]).catch((thrown: Error) => thrown);
    expect(String(error)).toContain("make room");
    disk.full = false;
    await expect(journal.append(["c"])).rejects.toBe(error);
    await expect(journal.writeSnapshot(1, {})).rejects.toBe(error);
    expect(journal.lastRevision).toBe(1);
    expect((await disk.restart(journal)).records).toEqual([{ revision: 1, body: "a" }]);
  });

  it("fails the journal when it fails a snapshot", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    disk.full = true;
    await expect(journal.writeSnapshot(1, {})).rejects.toThrow(JournalError);
    disk.full = false;
    await expect(journal.append(["b"])).rejects.toThrow("could not be written");
    expect((await disk.restart(journal)).records).toHaveLength(1);
  });
});

describe("skipped revisions", () => {
  it("are never used, and no gap", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    await journal.skipTo(1_000);
    expect(await journal.append(["b"])).toBe(1_001);
    expect(await journal.read(1, 9)).toEqual([{ revision: 1_001, body: "b" }]);
    expect(await journal.read(500, 9)).toEqual([{ revision: 1_001, body: "b" }]);
    const again = await disk.restart(journal);
    expect(revisionsOf(again.records)).toEqual([1, 1_001]);
    expect(await again.journal.append(["c"])).toBe(1_002);
    await expect(again.journal.skipTo(1_002)).rejects.toThrow("forwards");
  });

  it("cannot become more or fewer", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    await journal.skipTo(1_000);
    await journal.close();
    const store = await disk.open();
    const value = (await store.get(recordKey(1_000))) ?? "";
    await store.write([{ remove: recordKey(1_000) }, { put: recordKey(2_000), value }]);
    await store.close();
    await disk.refused(2_000);
  });

  it("hide no lost record", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    await journal.append(["b"]);
    await journal.skipTo(1_000);
    await journal.close();
    disk.loseBatches(1, 1);
    await disk.refused(1_000);
  });
});

describe("a copy", () => {
  it("says that it is one until something is committed to it", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    await journal.markAsCopy();
    const copy = await disk.restart(journal);
    expect(copy.wasRestored).toBe(true);
    expect(copy.records).toEqual([{ revision: 1, body: "a" }]);
    await expect(copy.journal.writeSnapshot(copy.journal.lastRevision, {})).rejects.toThrow("raises its numbers");
    await copy.journal.skipTo(1_000);
    const lifted = await disk.restart(copy.journal);
    expect(lifted.wasRestored).toBe(true);
    await lifted.journal.append(["raise"]);
    await lifted.journal.writeSnapshot(lifted.journal.lastRevision, "raised");
    expect((await disk.restart(lifted.journal)).wasRestored).toBe(false);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { appendWithSnapshotAt, flip, JournalDisk, LinesLog, openJournal, revisionsOf } from "./journal-disk.fixture.js";
import { JournalError } from "./journal-error.js";
import { chunkKey, recordKey, snapshotKey } from "./journal-keys.js";

let disk: JournalDisk;

beforeEach(() => {
  disk = new JournalDisk();
});

describe("recovery", () => {
  it("has lost a tail that nobody was told of", async () => {
    const clock = new SimClock();
    disk = new JournalDisk({ clock, fraction: 0 });
    const { journal } = await disk.start();
    await clock.settle(journal.append(["a"]), 100);
    const append = journal.append(["b", "c"]).catch((error: Error) => error);
    disk.crash();
    expect(await clock.settle(append, 100)).toBeInstanceOf(JournalError);
    expect((await disk.start()).records).toEqual([{ revision: 1, body: "a" }]);
  });

  it("finds a tail that nobody was told of, and says so", async () => {
    const clock = new SimClock();
    disk = new JournalDisk({ clock, fraction: 0.99 });
    const { journal } = await disk.start();
    await clock.settle(journal.append(["a"]), 100);
    const append = journal.append(["b", "c"]).catch((error: Error) => error);
    disk.crash();
    await clock.settle(append, 100);
    const log = new LinesLog();
    const found = await disk.start(log);
    expect(found.records).toHaveLength(3);
    await found.journal.close();
    expect(log.lines).toContain("info Recovered revisions 2 to 3, which were written but perhaps not yet answered.");
    disk.loseBatches(1);
    await disk.refused(2);
  });

  it("refuses when a tail is gone that was acknowledged", async () => {
    const { journal } = await disk.start();
    for (const body of ["a", "b", "c"]) await journal.append([body]);
    await journal.close();
    disk.loseBatches(2);
    expect(await disk.refused(2)).toContain("ends at revision 1, but it had come to revision 3");
    await disk.refused(2);
  });

  it("refuses when everything is gone but the mark", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    await journal.close();
    disk.loseBatches(9);
    await disk.refused(1);
  });

  it("refuses a gap", async () => {
    const { journal } = await disk.start();
    for (const body of ["a", "b", "c", "d"]) await journal.append([body]);
    await journal.close();
    disk.loseBatches(2, 1);
    expect(await disk.refused(2)).toContain("revisions 2 to 3 are missing");
  });

  it("refuses a flipped bit at any place of a record", async () => {
    const { journal } = await disk.start();
    await journal.append(["a", { b: 1 }, "c"]);
    await journal.close();
    const value = await disk.storedAt(recordKey(2));
    for (let at = 0; at < value.length; at++) {
      disk.alter(recordKey(2), () => flip(value, at));
      await disk.refused(2);
    }
    disk.alter(recordKey(2), () => value);
    expect((await disk.start()).records).toHaveLength(3);
  });

  it("refuses a command that has become something else", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    await journal.close();
    disk.alter(recordKey(1), (value) => value.replace("command", "copy"));
    await disk.refused(1);
  });

  it("refuses a record in another's place, though its own checksum is right", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    await journal.append(["a"]);
    await journal.close();
    const first = await disk.storedAt(recordKey(1));
    disk.alter(recordKey(2), () => first);
    await disk.refused(2);
  });

  it("goes on from the older snapshot when the newest is bad, and says so", async () => {
    for (const damage of [
      () => disk.alter(snapshotKey(4), flip),
      () => disk.alter(chunkKey(4, 0), flip),
      () => disk.alter(chunkKey(4, 0), () => ""),
    ]) {
      disk = new JournalDisk();
      const { journal } = await disk.start();
      await appendWithSnapshotAt(journal, [2, 4], 5);
      await journal.close();
      damage();
      const log = new LinesLog();
      const again = await disk.start(log);
      expect(again.snapshot).toEqual({ revision: 2, state: { at: 2 } });
      expect(revisionsOf(again.records)).toEqual([3, 4, 5]);
      expect(log.lines.join()).toContain("warn The snapshot of revision 4 is damaged");
      await appendWithSnapshotAt(again.journal, [6], 6);
      expect((await disk.restart(again.journal)).snapshot).toEqual({ revision: 6, state: { at: 6 } });
      expect(disk.keys().filter((key) => key.includes("snapshot"))).toEqual([snapshotKey(2), snapshotKey(6)]);
    }
  });

  it("refuses when the records that a bad snapshot stood for are gone", async () => {
    const { journal } = await disk.start();
    await appendWithSnapshotAt(journal, [2, 4], 5);
    await journal.close();
    disk.alter(snapshotKey(4), flip);
    disk.alter(snapshotKey(2), flip);
    expect(await disk.refused(1)).toContain("no snapshot is good (4, 2), and revisions 1 to 2 are missing");
  });

  it("refuses when the snapshot is missing whose records were removed", async () => {
    const { journal } = await disk.start();
    await appendWithSnapshotAt(journal, [2, 4], 5);
    await journal.close();
    const store = await disk.open();
    await store.write([{ remove: snapshotKey(4) }, { remove: snapshotKey(2) }]);
    await store.close();
    expect(await disk.refused(1)).toContain("there is no snapshot, and revisions 1 to 2 are missing");
  });

  it("refuses a bad snapshot with nothing after it, also without a mark", async () => {
    const { journal } = await disk.start();
    await appendWithSnapshotAt(journal, [2, 4], 4);
    disk.alter(snapshotKey(4), flip);
    disk.alter(snapshotKey(2), flip);
    disk = await disk.withoutMark();
    const store = await disk.open();
    await store.write([{ remove: recordKey(3) }, { remove: recordKey(4) }]);
    await store.close();
    expect(await disk.refused(1)).toContain("there is a snapshot of revision 4");
  });

  it("starts without a mark, and says what it could not check", async () => {
    const { journal } = await disk.start();
    await journal.append(["a"]);
    disk = await disk.withoutMark();
    const log = new LinesLog();
    expect((await disk.start(log)).records).toHaveLength(1);
    expect(log.lines.join()).toContain("warn The journal's mark is missing");
  });

  it("refuses the files of another journal under this one's mark", async () => {
    const { journal } = await disk.start();
    await journal.append(["mine"]);
    await journal.close();
    const other = new JournalDisk();
    const { journal: another } = await openJournal(await other.open());
    await another.append(["other"]);
    await another.close();
    const store = await other.open();
    const value = (await store.get(recordKey(1))) ?? "";
    disk.alter(recordKey(1), () => value);
    expect(await disk.refused(1)).toContain("files of another journal");
  });

  it("refuses a store with anything else in it", async () => {
    const store = await disk.open();
    await store.write([{ put: "z", value: "" }]);
    await store.close();
    await expect(disk.start()).rejects.toThrow("no journal of this version");
  });

  it("does not look at the part that nothing needs, and gives nothing of it out if it is damaged", async () => {
    const { journal } = await disk.start();
    await appendWithSnapshotAt(journal, [2, 4], 5);
    await journal.close();
    disk.alter(recordKey(3), flip);
    const again = await disk.start();
    expect(revisionsOf(again.records)).toEqual([5]);
    expect(await again.journal.read(3, 9)).toBe("compacted");
  });
});

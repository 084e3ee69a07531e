import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Store } from "../../shared/ports/store.js";
import { type Found, openJournal } from "./journal-disk.fixture.js";
import { recordKey, snapshotKey } from "./journal-keys.js";
import { openLevelStore } from "./level-store.js";
import { tempDirectory } from "./temp-directory.fixture.js";
import { backupJournal, compactJournal, dumpJournal, verifyJournal } from "./tools.js";

let directory: string;

/** Snapshots of 2 and 4, records 3 to 5. */
beforeEach(async () => {
  directory = join(await tempDirectory(), "journal");
  const { journal } = await start(directory);
  for (let revision = 1; revision <= 5; revision++) {
    await journal.append([{ n: revision }]);
    if (revision === 2 || revision === 4) await journal.writeSnapshot(revision, { upTo: revision });
  }
  await journal.close();
});

describe("journal verify", () => {
  it("describes a sound journal", async () => {
    expect(await verifyJournal(directory)).toEqual({
      sizeBytes: expect.any(Number),
      snapshots: [
        { revision: 4, isGood: true },
        { revision: 2, isGood: true },
      ],
      records: 3,
      firstRevision: 3,
      lastRevision: 5,
      markRevision: 5,
      damages: [],
      refusal: undefined,
    });
  });

  it("shows all that is damaged, and why a master would not start", async () => {
    await change(directory, async (store) => {
      await store.write([{ remove: recordKey(3) }, { put: recordKey(5), value: "rubbish" }]);
      await store.write([{ put: snapshotKey(2), value: "{}" }]);
    });
    const report = await verifyJournal(directory);
    expect(report.snapshots).toEqual([
      { revision: 4, isGood: true },
      { revision: 2, isGood: false },
    ]);
    expect(report.damages.map(({ revision }) => revision)).toEqual([5]);
    expect(report.refusal).toContain("revision 5 cannot be read");
  });

  it("goes on behind the first damage", async () => {
    await change(directory, (store) =>
      store.write([{ remove: recordKey(3) }, { put: recordKey(5), value: "rubbish" }]),
    );
    const { damages, refusal } = await verifyJournal(directory);
    expect(damages.map(({ what }) => what)).toEqual([
      "revision 3 is missing",
      "the record of revision 5 cannot be read",
    ]);
    expect(refusal).toContain("revision 5");
  });
});

describe("journal verify, behind a record that cannot be read,", () => {
  it("goes on from the next", async () => {
    await change(directory, (store) => store.write([{ put: recordKey(4), value: "rubbish" }]));
    expect((await verifyJournal(directory)).damages.map(({ revision }) => revision)).toEqual([4]);
  });
});

describe("journal dump", () => {
  it("is the newest snapshot and every record, a line each", async () => {
    expect((await linesOf(directory)).map((line) => JSON.parse(line))).toEqual([
      { snapshot: 4, state: { upTo: 4 } },
      { revision: 3, kind: "command", body: { n: 3 } },
      { revision: 4, kind: "command", body: { n: 4 } },
      { revision: 5, kind: "command", body: { n: 5 } },
    ]);
  });

  it("shows damage where it lies", async () => {
    await change(directory, (store) => store.write([{ put: recordKey(4), value: "rubbish" }]));
    expect((await linesOf(directory))[2]).toContain('{"damage":{"revision":4');
  });
});

describe("journal backup", () => {
  it("is a journal of its own, that knows what it is", async () => {
    const target = join(directory, "..", "backup");
    expect(await backupJournal(directory, target)).toBe(6);
    expect((await verifyJournal(target)).refusal).toBeUndefined();
    const copy = await start(target);
    expect(copy.wasRestored).toBe(true);
    expect(copy.snapshot).toEqual({ revision: 4, state: { upTo: 4 } });
    expect(copy.records).toEqual([{ revision: 5, body: { n: 5 } }]);
    await copy.journal.close();
    expect((await verifyJournal(directory)).lastRevision).toBe(5);
  });

  it("goes into an empty directory, and into no other", async () => {
    const target = join(directory, "..", "backup");
    await mkdir(target);
    await backupJournal(directory, target);
    await expect(backupJournal(directory, target)).rejects.toThrow("not an empty directory");
    await expect(backupJournal(directory, join(target, "MARK", "below"))).rejects.toMatchObject({ kind: "unusable" });
  });

  it("is not made of a damaged journal, and leaves nothing behind then", async () => {
    await change(directory, (store) => store.write([{ put: recordKey(5), value: "rubbish" }]));
    await expect(backupJournal(directory, join(directory, "..", "backup"))).rejects.toThrow("revision 5");
    expect(await readdir(join(directory, ".."))).toEqual(["journal"]);
  });
});

describe("journal compact", () => {
  it("gives back the room of what was removed, and keeps the rest", async () => {
    const { journal } = await start(directory);
    const filler = Array.from({ length: 2_000 }, (_, n) => `${n} ${"filler ".repeat(50)}`);
    await journal.append(filler);
    await journal.writeSnapshot(journal.lastRevision, "one");
    await journal.append(["next"]);
    await journal.writeSnapshot(journal.lastRevision, "two");
    await journal.close();
    // A master that died in the middle of removing leaves some behind.
    await change(directory, (store) => store.write([{ put: recordKey(1), value: "left behind" }]));
    const { beforeBytes, afterBytes } = await compactJournal(directory);
    expect(afterBytes).toBeLessThan(beforeBytes / 5);
    const again = await start(directory);
    expect(again.snapshot?.state).toBe("two");
    await again.journal.close();
    await change(directory, async (store) => expect(await store.get(recordKey(1))).toBeUndefined());
  });

  it("removes an older snapshot, too, from which no start could go on", async () => {
    await change(directory, (store) => store.write([{ put: recordKey(3), value: "rubbish" }]));
    await compactJournal(directory);
    expect(await verifyJournal(directory)).toMatchObject({
      snapshots: [{ revision: 4, isGood: true }],
      ...{ firstRevision: 5, lastRevision: 5, damages: [] },
    });
  });
});

describe.each([
  ["verify", () => verifyJournal(directory)],
  ["dump", () => linesOf(directory)],
  ["backup", () => backupJournal(directory, join(directory, "..", "backup"))],
  ["compact", () => compactJournal(directory)],
])("journal %s", (_name, run) => {
  it("leaves a directory alone that a master uses", async () => {
    const { journal } = await start(directory);
    onTestFinished(() => journal.close());
    await expect(run()).rejects.toMatchObject({ kind: "inUse", message: expect.stringContaining("in use by another") });
    expect(await journal.append(["still mine"])).toBe(6);
  });

  it("makes no journal where there is none", async () => {
    directory = join(directory, "..", "empty");
    await expect(run()).rejects.toThrow("There is no journal in");
    await mkdir(directory);
    await writeFile(join(directory, "letter"), "dear all");
    await expect(run()).rejects.toThrow("There is no journal in");
    expect(await readFile(join(directory, "letter"), "utf8")).toBe("dear all");
  });
});

async function start(where: string): Promise<Found> {
  return openJournal(await openLevelStore(where));
}

async function change(where: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openLevelStore(where);
  await work(store);
  await store.close();
}

async function linesOf(where: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of dumpJournal(where)) lines.push(line);
  return lines;
}

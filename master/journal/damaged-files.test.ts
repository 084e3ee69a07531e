import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { StoreError } from "../../shared/ports/store-error.js";
import { openJournal } from "./journal-disk.fixture.js";
import { JournalError } from "./journal-error.js";
import { openLevelStore } from "./level-store.js";
import { tempDirectory } from "./temp-directory.fixture.js";

const POSITIONS_PER_FILE = 16;
const COMMANDS = 60;

/** Journals whose records lie in LevelDB's log, in its tables, and beside snapshots. */
const LAYOUTS = {
  log: async (directory: string) => {
    await grow(directory, COMMANDS, []);
  },
  tables: async (directory: string) => {
    await grow(directory, COMMANDS, []);
    const store = await openLevelStore(directory);
    await store.compact();
    await store.close();
  },
  "log, tables and snapshots": async (directory: string) => {
    await grow(directory, COMMANDS / 2, [10, 20]);
    await grow(directory, COMMANDS, [40]);
  },
};

describe.each(Object.entries(LAYOUTS))("files damaged on disk (%s)", (_name, make) => {
  let pristine: string;

  beforeAll(async () => {
    pristine = await mkdtemp(join(tmpdir(), "octofleet-pristine-"));
    await make(pristine);
    return () => rm(pristine, { recursive: true, force: true });
  });

  it("are what was written, as long as nobody touches them", async () => {
    expect(await outcomeOf(await copyOf(pristine))).toBe("everything");
  });

  it("with a byte flipped give everything, or a refusal that says what is damaged", async () => {
    let refusals = 0;
    for (const { file, size } of await filesOf(pristine)) {
      for (const position of spread(size)) {
        const directory = await copyOf(pristine);
        await flipByte(join(directory, file), position);
        const outcome = await outcomeOf(directory);
        expect(outcome, `${file}, byte ${position}`).toMatch(/^everything$|revision \d+|is damaged|are damaged/);
        if (outcome !== "everything") refusals += 1;
        await rm(directory, { recursive: true });
      }
    }
    expect(refusals).toBeGreaterThan(0);
  });

  it("cut short give everything, or a refusal that says what is damaged", async () => {
    for (const { file, size } of await filesOf(pristine)) {
      for (const length of [0, Math.floor(size / 3), size - 1]) {
        const directory = await copyOf(pristine);
        await truncate(join(directory, file), length);
        expect(await outcomeOf(directory), `${file}, cut to ${length}`).toMatch(
          /^everything$|revision \d+|is damaged|are damaged/,
        );
      }
    }
  });

  it("and missing give everything, or a refusal that says what is damaged", async () => {
    for (const { file } of await filesOf(pristine)) {
      const directory = await copyOf(pristine);
      await rm(join(directory, file));
      expect(await outcomeOf(directory), file).toMatch(/^everything$|revision \d+|is damaged|are damaged/);
    }
  });
});

describe("a big snapshot on disk", () => {
  it.each([0, 1])("is read back as it was, wherever a chunk ends (%d)", async (shift) => {
    const directory = await tempDirectory();
    const state = { text: `${"x".repeat(shift)}${"🐙".repeat(300_000)}` };
    const { journal } = await openJournal(await openLevelStore(directory));
    await journal.append(["a"]);
    await journal.writeSnapshot(1, state);
    await journal.close();
    const again = await openJournal(await openLevelStore(directory));
    expect(again.snapshot).toEqual({ revision: 1, state });
    await again.journal.close();
  });
});

function command(revision: number): string {
  return `command ${revision} ${"of some length ".repeat(20)}`;
}

/** Appends up to a revision, with snapshots that are the list of all commands so far. */
async function grow(directory: string, last: number, snapshots: readonly number[]): Promise<void> {
  const { journal } = await openJournal(await openLevelStore(directory));
  while (journal.lastRevision < last) {
    const revision = await journal.append([command(journal.lastRevision + 1)]);
    if (snapshots.includes(revision)) await journal.writeSnapshot(revision, commandsUpTo(revision));
  }
  await journal.close();
}

function commandsUpTo(revision: number): string[] {
  return Array.from({ length: revision }, (_, index) => command(index + 1));
}

/** `everything`, or the message of the refusal. A silent loss fails the test. */
async function outcomeOf(directory: string): Promise<string> {
  try {
    const { journal, snapshot, records } = await openJournal(await openLevelStore(directory));
    await journal.close();
    const before = (snapshot?.state ?? []) as string[];
    expect([...before, ...records.map(({ body }) => body)]).toEqual(commandsUpTo(COMMANDS));
    return "everything";
  } catch (error) {
    if (error instanceof JournalError || error instanceof StoreError) return error.message;
    throw error;
  }
}

async function copyOf(directory: string): Promise<string> {
  const copy = join(await tempDirectory(), "copy");
  await cp(directory, copy, { recursive: true });
  return copy;
}

async function filesOf(directory: string): Promise<{ file: string; size: number }[]> {
  const names = (await readdir(directory)).filter((name) => /^\d+\.(log|ldb)$|^MANIFEST|^CURRENT$|^MARK$/.test(name));
  const sized = names.map(async (file) => ({ file, size: (await readFile(join(directory, file))).length }));
  return (await Promise.all(sized)).filter(({ size }) => size > 0);
}

function spread(size: number): number[] {
  const count = Math.min(size, POSITIONS_PER_FILE);
  return Array.from({ length: count }, (_, index) => Math.floor((index * size) / count));
}

async function flipByte(path: string, position: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position);
  await writeFile(path, bytes);
}

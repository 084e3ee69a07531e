import { closeSync, constants, openSync } from "node:fs";
import { access, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel, type Iterator } from "classic-level";
import type { Store, StoreChange, StoreEntry, StoreKeys, StoreRange } from "../../shared/ports/store.js";
import { StoreError } from "../../shared/ports/store-error.js";
import { damagedTables } from "./level-tables.js";
import { readMark, writeMark } from "./mark-file.js";

type Level = ClassicLevel<string, string>;
/** No values where none are asked for. */
type Entries = Iterator<Level, string, string | undefined>;

/** What is read at a time: enough that to ask for it costs little, and no more than a turn should take. */
const READ_BYTES = 1024 * 1024;
const READ_ENTRIES_MAX = 1_000;

/**
 * The real disk: LevelDB in a directory, and beside its files a small one for the mark.
 *
 * LevelDB is trusted to keep a synced batch whole, and with nothing more: a damaged part of its log is
 * dropped without a word, wherever it lies. `Journal` finds that by its chain and the mark.
 *
 * Makes the directory if it is not there. Rejects with a `StoreError`.
 */
export async function openLevelStore(directory: string): Promise<Store> {
  let markFile: number | undefined;
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    markFile = openSync(join(directory, "MARK"), constants.O_RDWR | constants.O_CREAT, 0o600);
    // LevelDB begins anew where its CURRENT is gone, and removes what it then takes for rubbish.
    const level = await openLevel(directory, { createIfMissing: readMark(markFile) === undefined });
    return new LevelStore(directory, level, markFile);
  } catch (error) {
    if (markFile !== undefined) closeSync(markFile);
    throw storeErrorOf(error, directory);
  }
}

async function openLevel(directory: string, options: { createIfMissing: boolean }): Promise<Level> {
  await refuseDamagedTables(directory);
  const encodings = { keyEncoding: "utf8", valueEncoding: "utf8" };
  // Without compression, as the checksums of compressed tables could not be found.
  const level: Level = new ClassicLevel(directory, { ...encodings, ...options, compression: false });
  await level.open();
  return level;
}

async function refuseDamagedTables(directory: string): Promise<void> {
  const tables = await damagedTables(directory);
  if (tables.length > 0) throw damaged(directory, `checksum mismatch in ${tables.join(", ")}`);
}

/** Whether a store was ever made in this directory. */
export async function holdsLevelStore(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch((): string[] => []);
  return names.includes("CURRENT") || names.includes("MARK");
}

class LevelStore implements Store {
  readonly #directory: string;
  readonly #level: Level;
  readonly #markFile: number;
  #closed: Promise<void> | undefined;

  constructor(directory: string, level: Level, markFile: number) {
    this.#directory = directory;
    this.#level = level;
    this.#markFile = markFile;
  }

  async write(changes: readonly StoreChange[]): Promise<void> {
    await this.#plainly(async () => {
      // Built call by call: handed over as an array, each change is copied and looked through at twice the price.
      const batch = this.#level.batch();
      for (const change of changes) {
        if ("put" in change) batch.put(change.put, change.value);
        else batch.del(change.remove);
      }
      await batch.write({ sync: true });
    });
  }

  get(key: string): Promise<string | undefined> {
    return this.#plainly(() => this.#level.get(key));
  }

  async *range({ from, below, reverse, limit, keysOnly = false }: StoreRange): AsyncIterable<StoreEntry> {
    try {
      const iterator = this.#level.iterator({
        ...(from === undefined ? {} : { gte: from }),
        ...(below === undefined ? {} : { lt: below }),
        ...{ reverse: reverse ?? false, limit: limit ?? -1, values: !keysOnly, highWaterMarkBytes: READ_BYTES },
      });
      for await (const some of readAhead(iterator)) {
        for (const [key, value] of some) yield { key, value: value ?? "" };
      }
    } catch (error) {
      throw storeErrorOf(error, this.#directory);
    }
  }

  async clear({ from, below }: StoreKeys): Promise<void> {
    await this.#plainly(() => this.#level.clear({ gte: from, lt: below }));
  }

  setMark(mark: string): void {
    this.#assertOpen();
    try {
      writeMark(this.#markFile, mark);
    } catch (error) {
      throw storeErrorOf(error, this.#directory);
    }
  }

  getMark(): string | undefined {
    this.#assertOpen();
    return readMark(this.#markFile);
  }

  async sizeBytes(): Promise<number> {
    const names = await this.#plainly(() => readdir(this.#directory));
    // LevelDB may remove a file while we look.
    const sizes = names.map((name) =>
      stat(join(this.#directory, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  async compact(): Promise<void> {
    await this.#plainly(() => this.#level.compactRange("\u0000", "\u{10ffff}"));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#plainly(() => this.#level.close());
    closeSync(this.#markFile);
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new StoreError("closed", `The store in ${this.#directory} is closed.`);
  }

  async #plainly<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeErrorOf(error, this.#directory);
    }
  }
}

/** The entries in portions, each of which is read from the disk while the one before it is used. */
async function* readAhead(iterator: Entries): AsyncIterable<readonly [string, string | undefined][]> {
  try {
    let next = iterator.nextv(READ_ENTRIES_MAX);
    for (let some = await next; some.length > 0; some = await next) {
      next = iterator.nextv(READ_ENTRIES_MAX);
      next.catch(() => {}); // if nobody wants it any more
      yield some;
    }
  } finally {
    await iterator.close();
  }
}

/** LevelDB's errors and Node's, as one sentence for people. LevelDB tells an errno by its text only. */
function storeErrorOf(thrown: unknown, directory: string): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const { code, text } = reasonOf(thrown);
  if (code === "LEVEL_LOCKED") {
    return new StoreError("inUse", `${directory} is in use by another process; stop that one first.`, thrown);
  }
  if (code === "LEVEL_DATABASE_NOT_OPEN" || code === "LEVEL_ITERATOR_NOT_OPEN") {
    return new StoreError("closed", `The store in ${directory} is closed.`, thrown);
  }
  if (code === "LEVEL_CORRUPTION" || DAMAGE.test(text)) return damaged(directory, text, thrown);
  if (/ENOSPC|EDQUOT|EFBIG|No space left|quota exceeded|File too large/i.test(text)) {
    return new StoreError(
      "full",
      `There is no room left to write in ${directory} (${text}). Make room and start again.`,
      thrown,
    );
  }
  if (/EACCES|EPERM|EROFS|ENOTDIR|EEXIST|ENOENT|Permission denied|Read-only|Not a directory|No such file/i.test(text)) {
    return new StoreError(
      "unusable",
      `${directory} cannot be used (${text}). It must be a directory that this user may read and write.`,
      thrown,
    );
  }
  return new StoreError("failed", `The disk under ${directory} failed (${text}).`, thrown);
}

/** Also when LevelDB misses one of its files, or finds one empty. */
const DAMAGE = /corrupt|create_if_missing is false|IO error.*(No such file|Invalid argument)/i;

function damaged(directory: string, what: string, cause?: unknown): StoreError {
  const wayOut = "Restore the newest backup into an empty directory and start from that.";
  return new StoreError("damaged", `The files in ${directory} are damaged (${what}). ${wayOut}`, cause);
}

/** The innermost cause that has something to say. */
function reasonOf(thrown: unknown): { code: string; text: string } {
  if (!(thrown instanceof Error)) return { code: "", text: String(thrown) };
  if (thrown.cause instanceof Error) return reasonOf(thrown.cause);
  return { code: "code" in thrown ? String(thrown.code) : "", text: thrown.message };
}

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32c } from "./crc32c.js";

/**
 * LevelDB's tables carry a checksum a block, but LevelDB checks them only when told to, and classic-level
 * cannot tell it: it takes a flipped bit in a table for data, and may stop the whole process at an assertion.
 * So the tables are checked before LevelDB sees them. (Its log and its manifest it checks by itself.)
 *
 * Format: the file doc/table_format.md of LevelDB. Blocks must not be compressed.
 */
const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** After each block: one byte for its compression, four for the checksum of both. */
const TRAILER_BYTES = 5;

/** Tables, of two megabytes or so. */
const READ_AHEAD = 4;

interface Table {
  readonly name: string;
  readonly table: Buffer;
}

interface Block {
  readonly offset: number;
  readonly size: number;
}

/**
 * The names of tables in which something was altered. A table without its end is not judged: a process that
 * was killed leaves such behind, LevelDB removes what it has no use for, and reports the others itself.
 */
export async function damagedTables(directory: string): Promise<string[]> {
  const damaged: string[] = [];
  for await (const { name, table } of tablesOf(directory)) {
    if (!hasEnd(table) || isTableSound(table)) continue;
    if (await isInUse(directory, Number.parseInt(name, 10), table.length)) damaged.push(name);
  }
  return damaged;
}

/** Some are read while the one before them is checked: on a busy machine each reading waits for its turn. */
async function* tablesOf(directory: string): AsyncIterable<Table> {
  const reading: Promise<Table>[] = [];
  for (const name of (await readdir(directory)).filter((file) => file.endsWith(".ldb")).sort()) {
    const table = readTable(directory, name);
    table.catch(() => {}); // told when it is its turn
    reading.push(table);
    if (reading.length > READ_AHEAD) yield (await reading.shift()) as Table;
  }
  for (const table of reading) yield await table;
}

const readTable = async (directory: string, name: string): Promise<Table> => ({
  name,
  table: await readFile(join(directory, name)),
});

function hasEnd(table: Buffer): boolean {
  return table.length >= FOOTER_BYTES && table.readBigUInt64LE(table.length - 8) === MAGIC;
}

/** Whether each block of a table, its filter and its indexes too, has the checksum that was written with it. */
export function isTableSound(table: Buffer): boolean {
  try {
    const footer = new Reader(table, table.length - FOOTER_BYTES);
    const [metaIndex, index] = [footer.block(), footer.block()];
    if (!isBlockSound(table, metaIndex) || !isBlockSound(table, index)) return false;
    const blocks = [...blocksOf(table, metaIndex), ...blocksOf(table, index)];
    return blocks.every((block) => isBlockSound(table, block));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function isBlockSound(table: Buffer, { offset, size }: Block): boolean {
  const end = offset + size;
  if (end + TRAILER_BYTES > table.length) return false;
  return unmask(table.readUInt32LE(end + 1)) === crc32c(table.subarray(offset, end + 1));
}

/** The blocks that an index block names: its values, each behind a key whose beginning the one before it has. */
function blocksOf(table: Buffer, index: Block): Block[] {
  const end = index.offset + index.size;
  const restarts = table.readUInt32LE(end - 4);
  const reader = new Reader(table, index.offset);
  const blocks: Block[] = [];
  while (reader.at < end - 4 * (restarts + 1)) {
    reader.varint();
    const keyBytes = reader.varint();
    reader.varint();
    reader.at += keyBytes;
    blocks.push(reader.block());
  }
  return blocks;
}

/** Whether the manifest ever took this table up (tag 7, level, number, size), as it does once it is synced. */
async function isInUse(directory: string, number: number, sizeBytes: number): Promise<boolean> {
  const current = (await readFile(join(directory, "CURRENT"), "utf8")).trim();
  const manifest = await readFile(join(directory, current));
  const file = Buffer.from([...varint(number), ...varint(sizeBytes)]);
  return [0, 1, 2, 3, 4, 5, 6].some((level) => manifest.includes(Buffer.concat([Buffer.from([7, level]), file])));
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

/** LevelDB stores checksums masked, as the checksum of a text that holds checksums is a poor one. */
function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}

/** Reads a table from a place on. Throws a RangeError beyond its end. */
class Reader {
  at: number;
  readonly #table: Buffer;

  constructor(table: Buffer, at: number) {
    this.#table = table;
    this.at = at;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#table.readUInt8(this.at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  block(): Block {
    return { offset: this.varint(), size: this.varint() };
  }
}

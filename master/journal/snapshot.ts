import { createHash } from "node:crypto";
import type { Store } from "../../shared/ports/store.js";
import { chunkKey, JOURNAL_KEYS, revisionOfKey, snapshotKey } from "./journal-keys.js";
import type { Position } from "./record.js";

/** Characters of a chunk: below 1 MiB, as a character has at most three bytes of UTF-8. */
const CHUNK_CHARS = 256 * 1024;

interface Header {
  /** The chain's checksum at the snapshot's revision, from which the records after it go on. */
  readonly chain: string;
  readonly chunks: number;
  /** Covers the revision, the two above, and the text. */
  readonly checksum: string;
}

/** A snapshot that was read and found good. */
export interface LoadedSnapshot {
  readonly position: Position;
  readonly text: string;
}

/** Writes the chunks, and last the header that makes them a snapshot: half of one is none. */
export async function writeSnapshot(store: Store, position: Position, text: string): Promise<void> {
  const chunks = split(text);
  for (const [index, value] of chunks.entries()) {
    await store.write([{ put: chunkKey(position.revision, index), value }]);
  }
  const header: Header = {
    chain: position.checksum,
    chunks: chunks.length,
    checksum: checksumOf(position, chunks.length, text),
  };
  await store.write([{ put: snapshotKey(position.revision), value: JSON.stringify(header) }]);
}

/** The revisions that have a header, good or not, newest first. */
export async function listSnapshots(store: Store): Promise<number[]> {
  const revisions: number[] = [];
  const range = { from: JOURNAL_KEYS.snapshots, below: JOURNAL_KEYS.snapshotsEnd, reverse: true };
  for await (const { key } of store.range(range)) revisions.push(revisionOfKey(key) ?? 0);
  return revisions;
}

/** The place in the chain that a snapshot's header names, itself unchecked. */
export async function snapshotPosition(store: Store, revision: number): Promise<Position | undefined> {
  const header = await readHeader(store, revision);
  return header && { revision, checksum: header.chain };
}

/** Reads a snapshot. Undefined when anything of it is missing, altered or unreadable. */
export async function loadSnapshot(store: Store, revision: number): Promise<LoadedSnapshot | undefined> {
  try {
    const header = await readHeader(store, revision);
    if (header === undefined) return undefined;
    const position = { revision, checksum: header.chain };
    const chunks = await readChunks(store, revision, header.chunks);
    const text = chunks.join("");
    return header.checksum === checksumOf(position, chunks.length, text) ? { position, text } : undefined;
  } catch {
    return undefined;
  }
}

async function readHeader(store: Store, revision: number): Promise<Header | undefined> {
  const value = await store.get(snapshotKey(revision));
  try {
    const { chain, chunks, checksum } = JSON.parse(value ?? "") as Partial<Header>;
    return typeof chain === "string" && typeof chunks === "number" && typeof checksum === "string"
      ? { chain, chunks, checksum }
      : undefined;
  } catch {
    return undefined;
  }
}

async function readChunks(store: Store, revision: number, count: number): Promise<string[]> {
  const chunks: string[] = [];
  const range = { from: chunkKey(revision, 0), below: chunkKey(revision, count) };
  for await (const { value } of store.range(range)) chunks.push(value);
  return chunks;
}

function split(text: string): string[] {
  const chunks: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + CHUNK_CHARS;
    // Half of a surrogate pair would not survive as UTF-8.
    const chunk = text.slice(at, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end);
    chunks.push(chunk);
    at += chunk.length;
  }
  return chunks;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function checksumOf(position: Position, chunks: number, text: string): string {
  return createHash("sha256")
    .update(`${position.revision}\n${position.checksum}\n${chunks}\n`)
    .update(text)
    .digest("hex");
}

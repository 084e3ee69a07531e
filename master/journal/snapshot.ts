import { createHash } from "node:crypto";
import type { Store } from "../../shared/ports/store.js";
import { chunkKey, JOURNAL_KEYS, revisionOfKey, snapshotKey } from "./journal-keys.js";
import type { Position } from "./record.js";
import type { LoadedSnapshot } from "./replay.js";
import { chunksOf, linesOf, StateReader } from "./state-text.js";

interface Header {
  /** 2: the text may have several lines, and the checksum covers it before the rest. Absent in older ones: it comes last. */
  readonly format?: 2;
  /** The chain's checksum at the snapshot's revision, from which the records after it go on. */
  readonly chain: string;
  readonly chunks: number;
  /** Covers the revision, the two above, and the text. */
  readonly checksum: string;
}

/**
 * Writes the chunks, and last the header that makes them a snapshot: half of one is none. Serialises no more than a
 * chunk in a turn, so a state of any size lets others have theirs; its long tables must not be altered meanwhile.
 */
export async function writeSnapshot(store: Store, position: Position, state: unknown): Promise<void> {
  const checksum = createHash("sha256");
  let chunks = 0;
  for (const value of chunksOf(linesOf(state))) {
    checksum.update(value);
    await store.write([{ put: chunkKey(position.revision, chunks), value }]);
    chunks += 1;
  }
  checksum.update(placeOf(position, chunks));
  const header: Header = { format: 2, chain: position.checksum, chunks, checksum: checksum.digest("hex") };
  await store.write([{ put: snapshotKey(position.revision), value: JSON.stringify(header) }]);
}

/** The revisions that have a header, good or not, newest first. */
export async function listSnapshots(store: Store): Promise<number[]> {
  const revisions: number[] = [];
  const range = { from: JOURNAL_KEYS.snapshots, below: JOURNAL_KEYS.snapshotsEnd, reverse: true, keysOnly: true };
  for await (const { key } of store.range(range)) revisions.push(revisionOfKey(key) ?? 0);
  return revisions;
}

/** The place in the chain that a snapshot's header names, itself unchecked. */
export async function snapshotPosition(store: Store, revision: number): Promise<Position | undefined> {
  const header = await readHeader(store, revision);
  return header && { revision, checksum: header.chain };
}

/** Reads a snapshot, and says how much of it was read, from 0 to 1. Undefined when anything of it is missing, altered or unreadable. */
export async function loadSnapshot(
  store: Store,
  revision: number,
  onRead: (share: number) => void = () => {},
): Promise<LoadedSnapshot | undefined> {
  try {
    const header = await readHeader(store, revision);
    return header && (await readState(store, revision, header, onRead));
  } catch {
    return undefined;
  }
}

async function readState(
  store: Store,
  revision: number,
  header: Header,
  onRead: (share: number) => void,
): Promise<LoadedSnapshot | undefined> {
  const position = { revision, checksum: header.chain };
  const checksum = createHash("sha256");
  const reader = new StateReader();
  let chunks = 0;
  if (header.format === undefined) checksum.update(placeOf(position, header.chunks));
  for await (const { value } of store.range(chunksBelow(revision, header.chunks))) {
    checksum.update(value);
    reader.take(value);
    chunks += 1;
    onRead(chunks / header.chunks);
  }
  if (header.format === 2) checksum.update(placeOf(position, chunks));
  const isGood = chunks === header.chunks && checksum.digest("hex") === header.checksum;
  return isGood ? { position, state: reader.end() } : undefined;
}

async function readHeader(store: Store, revision: number): Promise<Header | undefined> {
  const value = await store.get(snapshotKey(revision));
  try {
    const { format, chain, chunks, checksum } = JSON.parse(value ?? "") as Partial<Header>;
    return typeof chain === "string" && typeof chunks === "number" && typeof checksum === "string"
      ? { chain, chunks, checksum, ...(format === undefined ? {} : { format }) }
      : undefined;
  } catch {
    return undefined;
  }
}

const chunksBelow = (revision: number, count: number) => ({
  from: chunkKey(revision, 0),
  below: chunkKey(revision, count),
});

const placeOf = ({ revision, checksum }: Position, chunks: number): string => `${revision}\n${checksum}\n${chunks}\n`;

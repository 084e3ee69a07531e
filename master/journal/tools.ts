import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { silentLog } from "../../shared/ports/log.js";
import type { Store } from "../../shared/ports/store.js";
import { StoreError } from "../../shared/ports/store-error.js";
import { Journal } from "./journal.js";
import { removeUnneeded } from "./journal-cleanup.js";
import { type Damage, JournalError } from "./journal-error.js";
import { recordKey } from "./journal-keys.js";
import { holdsLevelStore, openLevelStore } from "./level-store.js";
import { type ChainedRecord, encodeRecord, GENESIS, type Position, walkRecords } from "./record.js";
import { positionOfMark, recover, soundPlaces } from "./recovery.js";
import { forNobody, type Replay } from "./replay.js";
import { listSnapshots, loadSnapshot, writeSnapshot } from "./snapshot.js";
import { linesOf } from "./state-text.js";

/**
 * What an operator does to a journal while no master runs on it. Each function rejects with a `StoreError`
 * or `JournalError`, whose message is for people; a directory in use, or without a journal, is one of these.
 */

/** What `verifyJournal` found. */
export interface JournalReport {
  readonly sizeBytes: number;
  /** Newest first. */
  readonly snapshots: readonly { readonly revision: number; readonly isGood: boolean }[];
  readonly records: number;
  /** 0 where there is none. */
  readonly firstRevision: number;
  readonly lastRevision: number;
  /** How far the journal had certainly come, if that can be read. */
  readonly markRevision: number | undefined;
  /** Everything that is wrong with the records, also where nothing needs them. */
  readonly damages: readonly Damage[];
  /** Why a master would not start from it; undefined if it would. */
  readonly refusal: string | undefined;
}

/** Reads the whole journal, on beyond the first damage. */
export function verifyJournal(directory: string): Promise<JournalReport> {
  return withStore(directory, async (store) => {
    const snapshots: { revision: number; isGood: boolean }[] = [];
    for (const revision of await listSnapshots(store)) {
      snapshots.push({ revision, isGood: (await loadSnapshot(store, revision)) !== undefined });
    }
    const damages: Damage[] = [];
    const revisions: number[] = [];
    for await (const { record, damage } of walkRecords(store, await oldestPosition(store))) {
      if (record !== undefined) revisions.push(record.revision);
      if (damage !== undefined) damages.push(damage);
    }
    return {
      sizeBytes: await store.sizeBytes(),
      snapshots,
      records: revisions.length,
      firstRevision: revisions[0] ?? 0,
      lastRevision: revisions.at(-1) ?? snapshots[0]?.revision ?? 0,
      markRevision: positionOfMark(store.getMark())?.revision,
      damages,
      refusal: await refusalOf(store),
    };
  });
}

/** The journal as lines of JSON: the newest good snapshot, then every record, with damage where it lies. */
export async function* dumpJournal(directory: string): AsyncGenerator<string> {
  const store = await openExisting(directory);
  try {
    for (const revision of await listSnapshots(store)) {
      const snapshot = await loadSnapshot(store, revision);
      if (snapshot === undefined) continue;
      yield* snapshotLines(revision, snapshot.state);
      break;
    }
    for await (const { record, damage } of walkRecords(store, await oldestPosition(store))) {
      if (damage !== undefined) yield JSON.stringify({ damage });
      if (record !== undefined)
        yield `{"revision":${record.revision},"kind":"${record.kind}","body":${record.bodyText}}`;
    }
  } finally {
    await store.close();
  }
}

/** The state, without the rows of long tables, and then these. */
function* snapshotLines(revision: number, state: unknown): Generator<string> {
  let field = "state";
  for (const line of linesOf(state)) {
    yield `{"snapshot":${revision},"${field}":${line}}`;
    field = "rows";
  }
}

/**
 * Writes a verified copy into a directory that is empty or not there yet; answers the copy's last revision.
 * The copy knows that it is one, so that a master that starts on it reuses no number (`Recovered.wasRestored`).
 * It appears under its name only when it is complete.
 */
export function backupJournal(directory: string, target: string): Promise<number> {
  return withStore(directory, async (store) => {
    if (!(await isFree(target))) {
      throw new StoreError("unusable", `${target} is not an empty directory; name a new one for the backup.`);
    }
    const partial = await mkdtemp(`${resolve(target)}.partial-`).catch((error: Error) => {
      throw new StoreError("unusable", `${target} cannot be written (${error.message}).`, error);
    });
    try {
      const lastRevision = await copyInto(partial, store);
      await rename(partial, target);
      return lastRevision;
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
  });
}

/** Removes what no start needs any more, and gives its room back to the disk. */
export function compactJournal(directory: string): Promise<{ beforeBytes: number; afterBytes: number }> {
  return withStore(directory, async (store) => {
    const beforeBytes = await store.sizeBytes();
    const { kept } = await recover(store, silentLog);
    await removeUnneeded(store, await soundPlaces(store, kept));
    await store.compact();
    return { beforeBytes, afterBytes: await store.sizeBytes() };
  });
}

async function copyInto(directory: string, source: Store): Promise<number> {
  const target = await openLevelStore(directory);
  try {
    await recover(source, silentLog, copying(target));
  } catch (error) {
    await target.close();
    throw error;
  }
  const { journal } = await Journal.open(target, silentLog, forNobody);
  try {
    await journal.markAsCopy();
    return journal.lastRevision;
  } finally {
    await journal.close();
  }
}

const copying = (target: Store): Replay<ChainedRecord> => ({
  reading: () => {},
  snapshot: ({ position, state }) => writeSnapshot(target, position, state),
  records: (records) =>
    target.write(records.map((record) => ({ put: recordKey(record.revision), value: encodeRecord(record) }))),
});

/** From where on every record can be checked: the oldest good snapshot, or the beginning. */
async function oldestPosition(store: Store): Promise<Position> {
  for (const revision of (await listSnapshots(store)).reverse()) {
    const snapshot = await loadSnapshot(store, revision);
    if (snapshot !== undefined) return snapshot.position;
  }
  return GENESIS;
}

async function refusalOf(store: Store): Promise<string | undefined> {
  try {
    await recover(store, silentLog);
    return undefined;
  } catch (error) {
    if (error instanceof JournalError || error instanceof StoreError) return error.message;
    throw error;
  }
}

async function isFree(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}

async function openExisting(directory: string): Promise<Store> {
  if (await holdsLevelStore(directory)) return openLevelStore(directory);
  throw new StoreError("unusable", `There is no journal in ${directory}.`);
}

async function withStore<T>(directory: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openExisting(directory);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

import type { Log } from "../../shared/ports/log.js";
import type { Store } from "../../shared/ports/store.js";
import { JournalError, refusal } from "./journal-error.js";
import { isJournalKey } from "./journal-keys.js";
import { type ChainedRecord, GENESIS, type Position, walkRecords } from "./record.js";
import { type LoadedSnapshot, listSnapshots, loadSnapshot, snapshotPosition } from "./snapshot.js";

/** What a store holds that can be trusted. */
export interface Recovery {
  readonly snapshot: LoadedSnapshot | undefined;
  /** After the snapshot, or from the beginning. */
  readonly records: readonly ChainedRecord[];
  /** The last of the chain. */
  readonly end: Position;
  /** The places of the good snapshots, oldest first, from the first of which on every record is there. */
  readonly kept: readonly Position[];
}

/**
 * Finds the newest good snapshot and all records after it, each checked against the one before it, and
 * checks that they reach as far as the store had certainly come. Throws a `JournalError` for anything less.
 */
export async function recover(store: Store, log: Log): Promise<Recovery> {
  await refuseForeignKeys(store);
  const listed = await listSnapshots(store);
  const { snapshot, older } = await newestGoodSnapshot(store, listed, log);
  const base = snapshot?.position ?? GENESIS;
  const records = await verifiedRecords(store, base, listed);
  const end = records.at(-1) ?? base;
  refuseEndBefore(listed[0] ?? 0, end, "there is a snapshot of");
  compareWithMark(readMark(store, end, log), [base, ...records]);
  const kept = snapshot === undefined ? [] : [...(await olderKept(store, older, base, log)), base];
  return { snapshot, records, end, kept };
}

/** The mark that says "so far the store had certainly come". */
export function markOf({ revision, checksum }: Position): string {
  return `${revision} ${checksum}`;
}

/** A mark that was read back; undefined when it is not one. */
export function positionOfMark(mark: string | undefined): Position | undefined {
  const [, revision, checksum] = /^(\d{1,16}) ([0-9a-f]{32})$/.exec(mark ?? "") ?? [];
  return revision === undefined || checksum === undefined ? undefined : { revision: Number(revision), checksum };
}

async function refuseForeignKeys(store: Store): Promise<void> {
  for (const reverse of [false, true]) {
    for await (const { key } of store.range({ reverse, limit: 1 })) {
      if (isJournalKey(key)) continue;
      throw new JournalError(
        "The data directory holds something that is no journal of this version of Octofleet. " +
          "Start the version that wrote it, or name another directory.",
      );
    }
  }
}

async function newestGoodSnapshot(
  store: Store,
  listed: readonly number[],
  log: Log,
): Promise<{ snapshot: LoadedSnapshot | undefined; older: readonly number[] }> {
  for (const [index, revision] of listed.entries()) {
    const snapshot = await loadSnapshot(store, revision);
    if (snapshot !== undefined) return { snapshot, older: listed.slice(index + 1) };
    log.warn({ revision }, `The snapshot of revision ${revision} is damaged; going on from what was before it.`);
  }
  return { snapshot: undefined, older: [] };
}

async function verifiedRecords(store: Store, base: Position, listed: readonly number[]): Promise<ChainedRecord[]> {
  const records: ChainedRecord[] = [];
  for await (const { record, damage } of walkRecords(store, base)) {
    if (damage !== undefined)
      throw refusal(base === GENESIS && records.length === 0 ? withoutSnapshot(damage, listed) : damage);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** The first record is not the first of all, and no snapshot stands in for those before it. */
function withoutSnapshot(damage: { revision: number; what: string }, listed: readonly number[]) {
  const snapshots = listed.length === 0 ? "there is no snapshot" : `no snapshot is good (${listed.join(", ")})`;
  return { ...damage, what: `${snapshots}, and ${damage.what}` };
}

function readMark(store: Store, end: Position, log: Log): Position | undefined {
  const mark = positionOfMark(store.getMark());
  if (mark === undefined && end.revision > 0) {
    log.warn({ revision: end.revision }, "The journal's mark is missing; whether its tail is whole cannot be checked.");
  }
  if (mark !== undefined && end.revision > mark.revision) {
    log.info(
      { revision: end.revision, mark: mark.revision },
      `Recovered revisions ${mark.revision + 1} to ${end.revision}, which were written but perhaps not yet answered.`,
    );
  }
  return mark;
}

function compareWithMark(mark: Position | undefined, chain: readonly Position[]): void {
  const [base, end] = [chain[0] as Position, chain.at(-1) as Position];
  if (mark === undefined || mark.revision < base.revision) return;
  refuseEndBefore(mark.revision, end, "it had come to");
  if (chain.some(({ revision, checksum }) => revision === mark.revision && checksum === mark.checksum)) return;
  throw refusal({
    revision: mark.revision,
    what: `revision ${mark.revision} is not the one that was written last; these are the files of another journal`,
  });
}

function refuseEndBefore(revision: number, end: Position, evidence: string): void {
  if (end.revision >= revision) return;
  const lost = end.revision + 1;
  throw refusal({
    revision: lost,
    what: `it ends at revision ${end.revision}, but ${evidence} revision ${revision}: what was answered from revision ${lost} on is lost`,
  });
}

/** The next older snapshot, if every record from it to the newest one is there. */
async function olderKept(store: Store, older: readonly number[], base: Position, log: Log): Promise<Position[]> {
  const from = older[0] === undefined ? undefined : await snapshotPosition(store, older[0]);
  if (from === undefined) return [];
  let end: Position = from;
  for await (const { record, damage } of walkRecords(store, from, base.revision)) {
    if (damage !== undefined) {
      log.warn(
        { revision: damage.revision },
        `In the journal's older part, ${damage.what}. Nothing needs it now; make a backup.`,
      );
      return [];
    }
    if (record !== undefined) end = record;
  }
  return end.checksum === base.checksum ? [from] : [];
}

import type { Log } from "../../shared/ports/log.js";
import type { Store } from "../../shared/ports/store.js";
import { JournalError, refusal } from "./journal-error.js";
import { isJournalKey } from "./journal-keys.js";
import { type ChainedRecord, GENESIS, type Position, walkRecords } from "./record.js";
import { forNobody, type Replay } from "./replay.js";
import { listSnapshots, loadSnapshot, snapshotPosition } from "./snapshot.js";

/** How many records are handed on in a turn. */
const RECORDS_PER_TURN = 256;

/** What a store holds that can be trusted. */
export interface Recovery {
  /** The place of the snapshot that was handed on, if any is good. */
  readonly snapshot: Position | undefined;
  /** How many records came after it. */
  readonly records: number;
  /** Nothing was committed since these became the files of a copy. */
  readonly isCopy: boolean;
  /** The last of the chain. */
  readonly end: Position;
  /** That snapshot's place, and before it the one of the next older snapshot, which nobody has looked at. */
  readonly kept: readonly Position[];
}

/**
 * Finds the newest good snapshot and all records after it, each checked against the one before it, and
 * checks that they reach as far as the store had certainly come. Throws a `JournalError` for anything less.
 */
export async function recover(store: Store, log: Log, replay: Replay<ChainedRecord> = forNobody): Promise<Recovery> {
  await refuseForeignKeys(store);
  const listed = await listSnapshots(store);
  const { snapshot, older } = await newestGoodSnapshot(store, listed, log, replay);
  const mark = positionOfMark(store.getMark());
  const tail = new Tail(snapshot ?? GENESIS, mark);
  await follow(store, tail, listed, replay);
  refuseEndBefore(listed[0] ?? 0, tail.end, "there is a snapshot of");
  tellOfMark(mark, tail.end, log);
  tail.compareWithMark();
  const kept = snapshot === undefined ? [] : [...(await olderPosition(store, older)), snapshot];
  return { snapshot, records: tail.length, isCopy: tail.isCopy, end: tail.end, kept };
}

/** The chain after the snapshot, as far as it was followed. */
class Tail {
  end: Position;
  length = 0;
  isCopy = false;
  readonly base: Position;
  readonly #mark: Position | undefined;
  #meetsMark = false;

  constructor(base: Position, mark: Position | undefined) {
    this.base = base;
    this.end = base;
    this.#mark = mark;
    this.#meet(base);
  }

  /** The revision that the store had certainly come to. */
  get upTo(): number {
    return this.#mark?.revision ?? this.end.revision;
  }

  add(record: ChainedRecord): void {
    const { revision, checksum, kind } = record;
    this.end = { revision, checksum };
    this.length += 1;
    if (kind !== "skip") this.isCopy = kind === "copy";
    this.#meet(record);
  }

  compareWithMark(): void {
    const mark = this.#mark;
    if (mark === undefined || mark.revision < this.base.revision) return;
    refuseEndBefore(mark.revision, this.end, "it had come to");
    if (this.#meetsMark) return;
    throw refusal({
      revision: mark.revision,
      what: `revision ${mark.revision} is not the one that was written last; these are the files of another journal`,
    });
  }

  #meet({ revision, checksum }: Position): void {
    if (revision === this.#mark?.revision) this.#meetsMark = checksum === this.#mark.checksum;
  }
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
    for await (const { key } of store.range({ reverse, limit: 1, keysOnly: true })) {
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
  replay: Replay<ChainedRecord>,
): Promise<{ snapshot: Position | undefined; older: readonly number[] }> {
  for (const [index, revision] of listed.entries()) {
    const snapshot = await loadSnapshot(store, revision, (share) => replay.reading(revision, share));
    if (snapshot !== undefined) {
      await replay.snapshot(snapshot);
      return { snapshot: snapshot.position, older: listed.slice(index + 1) };
    }
    log.warn({ revision }, `The snapshot of revision ${revision} is damaged; going on from what was before it.`);
  }
  return { snapshot: undefined, older: [] };
}

async function follow(
  store: Store,
  tail: Tail,
  listed: readonly number[],
  replay: Replay<ChainedRecord>,
): Promise<void> {
  let some: ChainedRecord[] = [];
  for await (const { record, damage } of walkRecords(store, tail.base)) {
    if (damage !== undefined)
      throw refusal(tail.base === GENESIS && tail.length === 0 ? withoutSnapshot(damage, listed) : damage);
    if (record === undefined) continue;
    tail.add(record);
    some.push(record);
    if (some.length < RECORDS_PER_TURN) continue;
    await replay.records(some, tail.upTo);
    some = [];
  }
  if (some.length > 0) await replay.records(some, tail.upTo);
}

/** The first record is not the first of all, and no snapshot stands in for those before it. */
function withoutSnapshot(damage: { revision: number; what: string }, listed: readonly number[]) {
  const snapshots = listed.length === 0 ? "there is no snapshot" : `no snapshot is good (${listed.join(", ")})`;
  return { ...damage, what: `${snapshots}, and ${damage.what}` };
}

function tellOfMark(mark: Position | undefined, end: Position, log: Log): void {
  if (mark === undefined && end.revision > 0) {
    log.warn({ revision: end.revision }, "The journal's mark is missing; whether its tail is whole cannot be checked.");
  }
  if (mark !== undefined && end.revision > mark.revision) {
    log.info(
      { revision: end.revision, mark: mark.revision },
      `Recovered revisions ${mark.revision + 1} to ${end.revision}, which were written but perhaps not yet answered.`,
    );
  }
}

function refuseEndBefore(revision: number, end: Position, evidence: string): void {
  if (end.revision >= revision) return;
  const lost = end.revision + 1;
  throw refusal({
    revision: lost,
    what: `it ends at revision ${end.revision}, but ${evidence} revision ${revision}: what was answered from revision ${lost} on is lost`,
  });
}

async function olderPosition(store: Store, older: readonly number[]): Promise<Position[]> {
  const position = older[0] === undefined ? undefined : await snapshotPosition(store, older[0]);
  return position === undefined ? [] : [position];
}

/** Of the kept places those from which on every record is there, up to the newest. */
export async function soundPlaces(store: Store, kept: readonly Position[]): Promise<readonly Position[]> {
  const [from, base] = kept;
  if (from === undefined || base === undefined) return kept;
  let end: Position = from;
  for await (const { record, damage } of walkRecords(store, from, base.revision)) {
    if (damage !== undefined) return [base];
    if (record !== undefined) end = record;
  }
  return end.checksum === base.checksum ? kept : [base];
}

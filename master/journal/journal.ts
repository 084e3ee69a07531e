import assert from "node:assert/strict";
import type { Log } from "../../shared/ports/log.js";
import type { Store } from "../../shared/ports/store.js";
import { removeUnneeded } from "./journal-cleanup.js";
import { JournalError, refusal } from "./journal-error.js";
import { recordKey } from "./journal-keys.js";
import {
  type ChainedRecord,
  chain,
  encodeRecord,
  GENESIS,
  type Position,
  positionAt,
  type RecordKind,
  walkRecords,
} from "./record.js";
import { markOf, recover } from "./recovery.js";
import type { Replay } from "./replay.js";
import { writeSnapshot } from "./snapshot.js";

/** A committed command. */
export interface JournalRecord {
  readonly revision: number;
  /** JSON. */
  readonly body: unknown;
}

/** What a start finds, beside the state and the commands, which it has handed on. */
export interface Recovered {
  readonly journal: Journal;
  readonly journalWasEmpty: boolean;
  /**
   * This is a copy, and nothing was committed to it since it was made. The first append must be preceded by
   * `skipTo` and must raise epoch and fencing tokens; it ends this state.
   */
  readonly wasRestored: boolean;
}

interface NewRecord {
  readonly revision: number;
  readonly kind: RecordKind;
  readonly body: unknown;
}

/**
 * The sequence of everything that the master decided, on disk before anybody is told.
 *
 * The store below keeps a batch whole, but may lose one without a word: the last, when the machine dies, or
 * one in the middle, when a block of its log is damaged. A checksum a record would miss exactly that: what is
 * gone has no checksum to be wrong. So each record's checksum covers the one before it (a record that is gone
 * breaks the chain), a snapshot carries the chain's checksum at its revision (the chain goes on from it), and
 * a mark beside the store tells after each append how far the chain had come (a tail that is gone is missed).
 * Whatever does not fit, the journal refuses to start.
 *
 * Once a write was rejected, what is on disk is unknown, and the journal takes nothing more: the process must
 * stop, and the next one goes on from what it finds.
 */
export class Journal {
  readonly #store: Store;
  /** What is older than this was not looked at by the start. */
  readonly #checkedAfter: number;
  #end: Position;
  #kept: readonly Position[];
  #isRestored: boolean;
  #appending: Promise<void> | undefined;
  #snapshotting: Promise<void> | undefined;
  #failed: JournalError | undefined;

  private constructor(store: Store, end: Position, kept: readonly Position[], isRestored: boolean) {
    this.#store = store;
    this.#checkedAfter = kept.at(-1)?.revision ?? 0;
    this.#end = end;
    this.#kept = kept;
    this.#isRestored = isRestored;
  }

  /**
   * Recovers what the store holds, and hands it on while it reads. Throws a `JournalError` that names the revision
   * and the way out when that is not all that was ever acknowledged, and a `StoreError` when the store cannot be
   * read. The journal owns the store from here on, and closes it when it throws.
   */
  static async open(store: Store, log: Log, replay: Replay<JournalRecord>): Promise<Recovered> {
    try {
      const { snapshot, records, end, isCopy, kept } = await recover(store, log, commandsInto(replay));
      const journal = new Journal(store, end, kept, isCopy);
      if (end.revision > 0) store.setMark(markOf(end));
      log.info({ revision: end.revision, snapshot: snapshot?.revision, records }, "Recovered the journal.");
      return { journal, journalWasEmpty: end.revision === 0, wasRestored: isCopy };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** The newest revision that is on disk; 0 at the very beginning. */
  get lastRevision(): number {
    return this.#end.revision;
  }

  /**
   * Commits commands as one synced batch, under consecutive revisions; answers the last of these. One append
   * at a time. Rejects with a `JournalError`, and then for ever with the same one.
   */
  async append(bodies: readonly unknown[]): Promise<number> {
    assert(bodies.length > 0, "an append has at least one command");
    const first = this.#end.revision + 1;
    await this.#commit(bodies.map((body, index) => ({ revision: first + index, kind: "command", body })));
    this.#isRestored = false;
    return this.#end.revision;
  }

  /** Gives up the revisions up to this one, so that the next command has a higher one. */
  async skipTo(revision: number): Promise<void> {
    assert(revision > this.#end.revision, "revisions are skipped forwards only");
    await this.#commit([{ revision, kind: "skip", body: null }]);
  }

  /** Notes that what follows happens to a copy of the journal; see `Recovered.wasRestored`. */
  async markAsCopy(): Promise<void> {
    await this.#commit([{ revision: this.#end.revision + 1, kind: "copy", body: null }]);
    this.#isRestored = true;
  }

  /**
   * Writes the state as it is at the last revision, then removes what is no longer needed: the last two
   * snapshots stay, and the records after the older one. Arrays that are fields of `state` are read bit by bit, the
   * rest before this returns: so they are to be the caller's own, and their rows never altered. One at a time; appends
   * may go on meanwhile. Rejects as `append` does.
   */
  async writeSnapshot(revision: number, state: unknown): Promise<void> {
    assert(this.#snapshotting === undefined, "one snapshot is written at a time");
    assert(revision === this.#end.revision, "a snapshot is of the last revision");
    assert(!this.#isRestored, "a copy raises its numbers before its first snapshot");
    if (revision === (this.#kept.at(-1)?.revision ?? 0)) return;
    const position = this.#end;
    this.#snapshotting = this.#guarded(() => this.#snapshot(position, state));
    try {
      await this.#snapshotting;
    } finally {
      this.#snapshotting = undefined;
    }
  }

  /**
   * The commands after a revision, oldest first, at most `limit`; none for a revision not reached yet.
   * `compacted` when some of them are no longer kept, or damaged where no start needs them. Rejects with a
   * `JournalError` if others are.
   */
  async read(afterRevision: number, limit: number): Promise<JournalRecord[] | "compacted"> {
    const records = await this.#recordsAfter(afterRevision, limit).catch((error: unknown) => {
      // What was removed while it was read looks like damage, and to what no start needed nobody has looked yet.
      if (this.#isCompacted(afterRevision)) return [];
      if (afterRevision < this.#checkedAfter) return "compacted" as const;
      throw error;
    });
    return this.#isCompacted(afterRevision) ? "compacted" : records;
  }

  /** Lets what is under way end, and closes the store. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#appending, this.#snapshotting]);
    await this.#store.close();
  }

  async #commit(entries: readonly NewRecord[]): Promise<void> {
    assert(this.#appending === undefined, "one append is in flight at a time");
    this.#appending = this.#guarded(() => this.#write(entries));
    try {
      await this.#appending;
    } finally {
      this.#appending = undefined;
    }
  }

  async #write(entries: readonly NewRecord[]): Promise<void> {
    let end = this.#end;
    const changes = entries.map(({ revision, kind, body }) => {
      const record = chain(end, revision, kind, JSON.stringify(body));
      end = record;
      return { put: recordKey(revision), value: encodeRecord(record) };
    });
    await this.#store.write(changes);
    this.#store.setMark(markOf(end));
    this.#end = { revision: end.revision, checksum: end.checksum };
  }

  async #snapshot(position: Position, state: unknown): Promise<void> {
    await writeSnapshot(this.#store, position, state);
    this.#kept = [...this.#kept.slice(-1), position];
    await removeUnneeded(this.#store, this.#kept);
  }

  async #recordsAfter(afterRevision: number, limit: number): Promise<JournalRecord[]> {
    const oldest = this.#kept[0] ?? GENESIS;
    const found = await positionAt(this.#store, afterRevision);
    const from = found !== undefined && found.revision > oldest.revision ? found : oldest;
    const records: ChainedRecord[] = [];
    for await (const { record, damage } of walkRecords(this.#store, from, this.#end.revision)) {
      if (damage !== undefined) throw refusal(damage);
      if (record?.kind === "command") records.push(record);
      if (records.length >= limit) break;
    }
    return commandsOf(records);
  }

  #isCompacted(afterRevision: number): boolean {
    const keptAfter = this.#kept[0]?.revision ?? 0;
    return afterRevision < keptAfter;
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed;
    try {
      await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failed ??= new JournalError(
        `The journal could not be written, and what is on disk is unknown until the next start. ${reason}`,
        this.#end.revision + 1,
        error,
      );
      throw this.#failed;
    }
  }
}

const commandsInto = (replay: Replay<JournalRecord>): Replay<ChainedRecord> => ({
  reading: (revision, share) => replay.reading(revision, share),
  snapshot: (snapshot) => replay.snapshot(snapshot),
  records: (records, upTo) => replay.records(commandsOf(records), upTo),
});

function commandsOf(records: readonly ChainedRecord[]): JournalRecord[] {
  return records
    .filter(({ kind }) => kind === "command")
    .map(({ revision, bodyText }) => ({ revision, body: JSON.parse(bodyText) as unknown }));
}

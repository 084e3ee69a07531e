import type { Clock } from "../shared/ports/clock.js";
import type { Entry } from "../shared/protocol/entries.js";
import { apply } from "./cell/apply.js";
import { entryOf } from "./cell/entries.js";
import { Ground } from "./cell/ground.js";
import type { CommandRecord } from "./cell/record.js";
import type { FirstSnapshot, Snapshot } from "./cell/snapshot.js";
import { commitOf } from "./coherence/commit-of.js";
import { EventLog } from "./coherence/event-log.js";
import type { JournalRecord } from "./journal/journal.js";
import type { LoadedSnapshot, Replay } from "./journal/replay.js";

/**
 * The cell as its journal gives it back: a snapshot's rows are taken in, then the commands after it are applied.
 *
 * With a million sessions that takes many seconds. So it is done a little in each turn: whoever asks a master that
 * starts how it fares gets an answer, and can tell one that is busy from one that hangs.
 */
export class CellReplay implements Replay<JournalRecord> {
  readonly ground = new Ground();
  /** The changes since the snapshot. */
  readonly events: EventLog;
  readonly #clock: Clock;
  readonly #onProgress: (progress: string) => void;
  #from = 0;
  #last = 0;

  /**
   * `onProgress` is told, about once a turn, how far it has come, as a clause that goes on from "it". `commitsKept`: how
   * many of the newest changes are kept.
   */
  constructor(clock: Clock, onProgress: (progress: string) => void, commitsKept?: number) {
    this.events = new EventLog(0, commitsKept);
    this.#clock = clock;
    this.#onProgress = onProgress;
  }

  /** The revision of the snapshot that it went on from; 0 without one. */
  get snapshotRevision(): number {
    return this.#from;
  }

  reading(revision: number, share: number): void {
    this.#onProgress(`has read ${Math.floor(100 * share)} % of its snapshot of revision ${revision}`);
  }

  async snapshot({ position: { revision }, state }: LoadedSnapshot): Promise<void> {
    this.#from = revision;
    this.#last = revision;
    this.events.startOver(revision);
    for (const _step of this.ground.fill(state as Snapshot | FirstSnapshot)) await this.#nextTurn();
  }

  async records(records: readonly JournalRecord[], upTo: number): Promise<void> {
    for (const record of records) this.#apply(record);
    const all = Math.max(upTo, this.#last) - this.#from;
    this.#onProgress(`has applied ${this.#last - this.#from} of ${all} commands since revision ${this.#from}`);
    await this.#nextTurn();
  }

  #apply({ revision, body }: JournalRecord): void {
    const { ground, events } = this;
    // Revisions were given up, for a copy: whatever its original had under them did not happen here.
    if (revision > this.#last + 1) events.startOver(revision - 1);
    this.#last = revision;
    const outcome = apply(ground, body as CommandRecord, revision);
    const commit = commitOf(outcome, revision, (key) => entryOf(ground, key) as Entry);
    if (commit !== undefined) events.add(commit);
    ground.operations.forgetBefore(ground.counters.timeMs);
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.afterTurn(resolve);
    });
  }
}

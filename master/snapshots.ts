import type { Log } from "../shared/ports/log.js";
import type { Ground } from "./cell/ground.js";
import type { Journal } from "./journal/journal.js";

/** Commands between two snapshots, at least. */
const COMMANDS_MIN = 20_000;
/** The same, for each row that the last one had: so no command ever pays for writing more than two rows. */
const COMMANDS_PER_ROW = 0.5;

/**
 * Writes a snapshot of the state every so many commands, so that a start stays quick and the journal small: it applies at
 * most one command again for every two rows that it reads.
 */
export class Snapshots {
  readonly #ground: Ground;
  readonly #journal: Pick<Journal, "writeSnapshot">;
  readonly #log: Log;
  #lastRevision: number;
  #lastRows: number;
  #writing = false;

  /** `snapshotRevision`: of the snapshot that this life began with, so that commands of many short lives add up. */
  constructor(parts: {
    ground: Ground;
    journal: Pick<Journal, "writeSnapshot">;
    log: Log;
    snapshotRevision: number;
  }) {
    this.#ground = parts.ground;
    this.#journal = parts.journal;
    this.#log = parts.log;
    this.#lastRevision = parts.snapshotRevision;
    this.#lastRows = parts.ground.rows;
  }

  /** To be called when a batch became visible. */
  afterCommit(): void {
    const { revision } = this.#ground.counters;
    const wanted = Math.max(COMMANDS_MIN, this.#lastRows * COMMANDS_PER_ROW);
    if (this.#writing || revision - this.#lastRevision < wanted) return;
    this.#lastRevision = revision;
    this.#lastRows = this.#ground.rows;
    this.#writing = true;
    void this.#write(revision);
  }

  async #write(revision: number): Promise<void> {
    try {
      await this.#journal.writeSnapshot(revision, this.#ground.toSnapshot());
    } catch (error) {
      // The journal takes no append after this either: the next write stops the master.
      this.#log.error({ revision, reason: (error as Error).message }, "A snapshot could not be written.");
    } finally {
      this.#writing = false;
    }
  }
}

import type { Log } from "../shared/ports/log.js";
import type { Ground } from "./cell/ground.js";
import type { Journal } from "./journal/journal.js";

/** Commands between two snapshots: what a start has to apply again at the most, about. */
const SNAPSHOT_EVERY_COMMANDS = 20_000;

/** Writes a snapshot of the state every so many commands, so that a start stays quick and the journal small. */
export class Snapshots {
  readonly #ground: Ground;
  readonly #journal: Journal;
  readonly #log: Log;
  #lastRevision: number;
  #writing = false;

  constructor(parts: { ground: Ground; journal: Journal; log: Log }) {
    this.#ground = parts.ground;
    this.#journal = parts.journal;
    this.#log = parts.log;
    this.#lastRevision = parts.ground.counters.revision;
  }

  /** To be called when a batch became visible. */
  afterCommit(): void {
    const { revision } = this.#ground.counters;
    if (this.#writing || revision - this.#lastRevision < SNAPSHOT_EVERY_COMMANDS) return;
    this.#lastRevision = revision;
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

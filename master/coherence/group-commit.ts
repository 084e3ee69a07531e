import type { Clock } from "../../shared/ports/clock.js";
import { apply } from "../cell/apply.js";
import type { Ground } from "../cell/ground.js";
import type { Outcome } from "../cell/outcome.js";
import type { CommandRecord } from "../cell/record.js";
import { Fork } from "../cell/state.js";
import type { CellTime } from "../cell-time.js";
import type { Ticket } from "./ticket.js";

/** So many commands share a sync at most: with thousands waiting, renewals and reads have their turns in between. */
const BATCH_MAX = 512;

/** A ticket that was decided, with what came of it. */
export interface Decided {
  readonly ticket: Ticket;
  readonly outcome: Outcome;
  readonly revision: number;
}

/** The journal, as far as a commit needs it. */
export interface CommandJournal {
  readonly lastRevision: number;
  /** Resolves when the bodies are on disk for good. */
  append(bodies: readonly unknown[]): Promise<unknown>;
}

interface Batch {
  readonly fork: Fork;
  readonly records: CommandRecord[];
  readonly decided: Decided[];
  readonly uncleared: Ticket[];
}

/**
 * Decides commands, journals them together, and makes them visible when the journal has synced.
 *
 * One batch is on its way to the disk at a time; what becomes ready meanwhile is the next one. So the cost
 * of a sync is shared by all who wait for it, and the state that readers see is always one that is on disk.
 */
export class GroupCommit {
  readonly #ground: Ground;
  readonly #journal: CommandJournal;
  readonly #clock: Clock;
  readonly #time: CellTime;
  readonly #onCommitted: (decided: readonly Decided[]) => void;
  readonly #onUncleared: (ticket: Ticket) => void;
  readonly #onFailed: (failure: Error) => void;
  #ready: Ticket[] = [];
  #busy = false;
  #failure: Error | undefined;

  constructor(parts: {
    ground: Ground;
    journal: CommandJournal;
    clock: Clock;
    time: CellTime;
    /** In the turn in which the batch became visible. */
    onCommitted: (decided: readonly Decided[]) => void;
    /** The command would change a key that it did not name, or that was not cleared for it: it goes round again (rule R3). */
    onUncleared: (ticket: Ticket) => void;
    /** The journal failed: what is on disk is unknown, and nothing more is decided. */
    onFailed: (failure: Error) => void;
  }) {
    this.#ground = parts.ground;
    this.#journal = parts.journal;
    this.#clock = parts.clock;
    this.#time = parts.time;
    this.#onCommitted = parts.onCommitted;
    this.#onUncleared = parts.onUncleared;
    this.#onFailed = parts.onFailed;
  }

  /** Takes in commands that may be decided. Those of one turn share a batch. */
  add(ticket: Ticket): void {
    if (this.#failure !== undefined) {
      ticket.onFailure(this.#failure);
      return;
    }
    this.#ready.push(ticket);
    if (this.#busy) return;
    this.#busy = true;
    this.#clock.afterTurn(() => void this.#run());
  }

  /** What the command would come to now, changing nothing. */
  preview(ticket: Ticket): Outcome {
    return apply(new Fork(this.#ground), this.#record(ticket), this.#journal.lastRevision + 1);
  }

  async #run(): Promise<void> {
    while (this.#ready.length > 0) await this.#commit(this.#ready.splice(0, BATCH_MAX));
    this.#busy = false;
  }

  async #commit(tickets: readonly Ticket[]): Promise<void> {
    const batch = this.#decide(tickets);
    try {
      if (batch.records.length > 0) await this.#journal.append(batch.records);
    } catch (error) {
      this.#fail(error as Error, tickets);
      return;
    }
    batch.fork.merge();
    this.#onCommitted(batch.decided);
    for (const ticket of batch.uncleared) this.#onUncleared(ticket);
  }

  #decide(tickets: readonly Ticket[]): Batch {
    const batch: Batch = { fork: new Fork(this.#ground), records: [], decided: [], uncleared: [] };
    for (const ticket of tickets) {
      const record = this.#record(ticket);
      const revision = this.#journal.lastRevision + batch.records.length + 1;
      const attempt = new Fork(batch.fork);
      const outcome = apply(attempt, record, revision);
      if (outcome.touched.some(({ key, visible }) => !ticket.keys.has(key) || (visible && !ticket.cleared.has(key)))) {
        batch.uncleared.push(ticket);
        continue;
      }
      attempt.merge();
      batch.decided.push({ ticket, outcome, revision });
      if (outcome.writes) batch.records.push(record);
    }
    return batch;
  }

  #record(ticket: Ticket): CommandRecord {
    const { command, client } = ticket.request;
    const [timeMs, wallMs] = [this.#time.nowMs(), this.#clock.wallMs()];
    return client === undefined ? { timeMs, wallMs, command } : { timeMs, wallMs, command, client };
  }

  #fail(failure: Error, tickets: readonly Ticket[]): void {
    this.#failure = failure;
    for (const ticket of [...tickets, ...this.#ready.splice(0)]) ticket.onFailure(failure);
    this.#onFailed(failure);
  }
}

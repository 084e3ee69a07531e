import type { Feed, FeedListener, Since } from "../shared/gateway/feed.js";
import type { Clock, Timer } from "../shared/ports/clock.js";
import type { MasterLink } from "../shared/ports/link.js";
import type { EventMessage } from "../shared/protocol/bus.js";
import { Fault, faultOf } from "../shared/protocol/errors.js";
import type { Commit, EventsReply } from "../shared/protocol/link.js";
import { RecentCommits } from "./recent-commits.js";

/** What the bus has not told by then is asked of the master. */
const BUS_MAY_TAKE_MS = 50;
const RETRY_MS = 250;
/** Messages kept that came after a gap; more are asked for with it. */
const EARLY_MAX = 256;

export interface FeedParts {
  readonly clock: Clock;
  readonly link: MasterLink;
  /** The master of this epoch is gone. */
  readonly onEpochOver: (epoch: number) => void;
  readonly onRepaired: () => void;
}

/**
 * The cell's changes, as a proxy hears of them (rule W1).
 *
 * They come on the bus, each message with the revision up to which the one before it told. The bus loses, doubles and
 * reorders; so a message that leaves a gap waits, and what is missing is asked of the master. That the last message was
 * lost shows in nothing that follows: but each answer that keeps the lease names a revision, and one above ours is
 * a gap as well.
 */
export class ProxyFeed implements Feed {
  readonly #parts: FeedParts;
  readonly #listeners = new Set<FeedListener>();
  #epoch: number | undefined;
  #revision = 0;
  #recent = new RecentCommits(0);
  /** A revision that the cell is known to have reached. */
  #reached = 0;
  #early: EventMessage[] = [];
  #asking: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isRepairing = false;
  readonly #older = new Map<number, Promise<EventsReply>>();
  #stopped = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  get revision(): number {
    return this.#revision;
  }

  follow(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The proxy has registered at the master of this epoch, which had come to this revision. */
  registered(epoch: number, revision: number): void {
    const isFirst = this.#epoch === undefined;
    // A cell never goes back; a master that does has another journal.
    const isAnother = epoch !== this.#epoch && revision < this.#revision;
    this.#epoch = epoch;
    if (isFirst || isAnother) this.#startOver(revision);
    else this.reached(revision);
  }

  /** An answer named this revision. */
  reached(revision: number): void {
    this.#reached = Math.max(this.#reached, revision);
    this.#repairIn(BUS_MAY_TAKE_MS);
  }

  /** A message came on the bus. */
  heard(message: EventMessage): void {
    if (message.epoch !== this.#epoch) return;
    this.#reached = Math.max(this.#reached, message.commits.at(-1)?.revision ?? message.previous);
    if (message.previous <= this.#revision) {
      this.#take(message.commits);
      this.#takeEarly();
      return;
    }
    if (this.#early.length < EARLY_MAX) this.#early.push(message);
    this.#repairIn(0);
  }

  async since(revision: number): Promise<Since> {
    if (this.#epoch === undefined) throw new Fault("overloaded", "This proxy has not reached the master yet.");
    if (revision > this.#revision) await this.#ask();
    if (revision > this.#revision) return "compacted";
    const commits = this.#recent.since(revision);
    if (commits !== undefined) return { commits, revision: this.#revision };
    const older = await this.#olderThanRecent(revision);
    if (older.status === "compacted") return "compacted";
    const newer = this.#recent.since(Math.min(older.revision, this.#revision));
    if (newer === undefined) return "compacted";
    const known = older.commits.filter((commit) => commit.revision <= this.#revision);
    return { commits: [...known, ...newer], revision: this.#revision };
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #take(commits: readonly Commit[]): void {
    for (const commit of commits) {
      if (commit.revision <= this.#revision) continue;
      this.#revision = commit.revision;
      this.#recent.add(commit);
      for (const listener of [...this.#listeners]) listener.onCommit(commit);
    }
  }

  #takeEarly(): void {
    if (this.#early.length === 0) return;
    const early = this.#early.toSorted((one, other) => one.previous - other.previous);
    this.#early = early.filter((message) => {
      if (message.previous > this.#revision) return true;
      this.#take(message.commits);
      return false;
    });
  }

  #startOver(revision: number): void {
    this.#revision = this.#reached = revision;
    this.#recent = new RecentCommits(revision);
    this.#early = [];
    for (const listener of [...this.#listeners]) listener.onLost();
  }

  #repairIn(delayMs: number): void {
    if (this.#stopped || this.#revision >= this.#reached) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(delayMs, () => void this.#repair());
  }

  async #repair(): Promise<void> {
    if (this.#stopped || this.#isRepairing || this.#revision >= this.#reached) return;
    this.#isRepairing = true;
    const after = this.#revision;
    let againInMs = 0;
    try {
      await this.#ask();
      this.#parts.onRepaired();
      // The master itself has not come so far: it was said of another one.
      if (this.#revision === after) this.#reached = after;
    } catch {
      againInMs = RETRY_MS;
    }
    this.#isRepairing = false;
    this.#repairIn(againInMs);
  }

  /** Asks for what comes after the newest commit. One call at a time. */
  #ask(): Promise<void> {
    this.#asking ??= this.#askOnce().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askOnce(): Promise<void> {
    const reply = await this.#events(this.#revision);
    if (reply.status === "events") {
      this.#take(reply.commits);
      this.#revision = Math.max(this.#revision, reply.revision);
    } else if (reply.revision > this.#revision) this.#startOver(reply.revision);
    this.#takeEarly();
  }

  #olderThanRecent(revision: number): Promise<EventsReply> {
    const known = this.#older.get(revision);
    if (known !== undefined) return known;
    const asked = this.#events(revision).finally(() => this.#older.delete(revision));
    this.#older.set(revision, asked);
    return asked;
  }

  async #events(after: number): Promise<EventsReply> {
    const epoch = this.#epoch as number;
    try {
      return await this.#parts.link.events({ epoch, after });
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === "epoch_changed") this.#parts.onEpochOver(epoch);
      throw fault;
    }
  }
}

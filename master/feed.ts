import type { Feed, FeedListener, Since } from "../shared/gateway/feed.js";
import type { Commit } from "../shared/protocol/link.js";
import type { EventLog } from "./coherence/event-log.js";

/** The cell's committed changes for the master's own gateway: nothing comes between it and the commit. */
export class MasterFeed implements Feed {
  readonly #events: EventLog;
  readonly #listeners = new Set<FeedListener>();
  #revision: number;

  constructor(events: EventLog, revision: number) {
    this.#events = events;
    this.#revision = revision;
  }

  get revision(): number {
    return this.#revision;
  }

  follow(listener: FeedListener): () => void {
    // Not the listener itself: one that follows twice is told twice.
    const one: FeedListener = { onCommit: (commit) => listener.onCommit(commit), onLost: () => listener.onLost() };
    this.#listeners.add(one);
    return () => void this.#listeners.delete(one);
  }

  async since(revision: number): Promise<Since> {
    const reply = this.#events.after(revision, this.#revision);
    return reply.status === "compacted" ? "compacted" : reply;
  }

  /** Tells of a batch that became visible, the newest revision of which is this. */
  committed(commits: readonly Commit[], revision: number): void {
    for (const commit of commits) {
      this.#revision = commit.revision;
      for (const listener of [...this.#listeners]) listener.onCommit(commit);
    }
    this.#revision = revision;
  }
}

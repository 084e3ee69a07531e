import type { Commit } from "../protocol/link.js";

export interface FeedListener {
  /** The next commit, in order and without a gap. */
  onCommit(commit: Commit): void;
  /** Commits were missed that nobody can tell any more: whoever follows must start over from the state (P11). */
  onLost(): void;
}

/** The commits that came after a revision. `compacted`: they are gone, or the cell never was there (rule W1). */
export type Since = { readonly commits: readonly Commit[]; readonly revision: number } | "compacted";

/**
 * The cell's committed changes, in order. At the master they come from the commit itself, at a proxy from the bus,
 * with what the bus lost asked of the master.
 */
export interface Feed {
  /** Everything up to here was told to the listeners. */
  readonly revision: number;
  /** Listens from the next commit on, until the returned function is called. */
  follow(listener: FeedListener): () => void;
  /**
   * What was committed after a revision and up to `revision` of the answer, which is the feed's own in the turn in
   * which this resolves: so who follows from that turn on misses nothing. Rejects with a `Fault` if it cannot be known.
   */
  since(revision: number): Promise<Since>;
}

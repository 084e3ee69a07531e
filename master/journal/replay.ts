import type { Position } from "./record.js";

/** A snapshot that was read and found good. */
export interface LoadedSnapshot {
  readonly position: Position;
  readonly state: unknown;
}

/**
 * Takes in what a journal holds while it is read: of a million sessions there is no room for all of it beside the state
 * that it becomes. What was taken in is worth nothing if the journal is refused in the end.
 *
 * What comes in one call comes in one turn; the next call waits until this one is done with it.
 */
export interface Replay<R> {
  /** How much of a snapshot was read, from 0 to 1. It may still turn out to be damaged. */
  reading(revision: number, share: number): void;
  /** The state to begin with, if it is not the empty one. Comes once at the most, and before any record. */
  snapshot(snapshot: LoadedSnapshot): Promise<void>;
  /** The next records, each found to follow from the one before it. `upTo`: the revision that was last known to be on disk. */
  records(records: readonly R[], upTo: number): Promise<void>;
}

/** For whoever wants to know only whether a journal is whole. */
export const forNobody: Replay<unknown> = {
  reading: () => {},
  snapshot: async () => {},
  records: async () => {},
};

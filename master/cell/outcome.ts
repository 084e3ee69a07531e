import type { Answer, AttachedSession } from "../../shared/protocol/commands.js";
import { lockKey } from "../../shared/protocol/keys.js";
import type { Change, Grant } from "../../shared/protocol/link.js";

/** That an entry changed. */
export interface Touched {
  readonly key: string;
  /** Null where no event tells of it: a session's state is asked for. */
  readonly event: Change["event"] | null;
  /** Whether readers are promised to see it (P3). A renewal that pushes an expiry on is no such change. */
  readonly visible: boolean;
}

/** A change of a lock. */
export const seen = (name: string, event: Change["event"], visible = true): Touched => ({
  key: lockKey(name),
  event,
  visible,
});

/** The answer to what the cell decided to do by itself: nobody outside asked. */
export const DONE = { status: "done" } as const;

/** What a command came to. */
export interface Outcome {
  readonly answer: Answer | typeof DONE;
  readonly touched: readonly Touched[];
  /** Whether the state changed at all, so that the record must be journaled. */
  readonly writes: boolean;
  /** The waiting acquires that were granted by this (rule S7). */
  readonly grants: readonly Grant[];
  /** The session that is attached to the sender from this commit on. */
  readonly attached?: AttachedSession;
  /** The session that this ended. */
  readonly ended?: string;
}

/** A change of these entries. */
export const changing = (
  answer: Outcome["answer"],
  touched: Outcome["touched"],
  grants: Outcome["grants"] = [],
): Outcome => ({ answer, touched, writes: true, grants });

/** An answer that changes nothing. */
export const unchanged = (answer: Outcome["answer"]): Outcome => ({ answer, touched: [], writes: false, grants: [] });

/** A change that no reader sees. */
export const noted = (answer: Outcome["answer"]): Outcome => ({ answer, touched: [], writes: true, grants: [] });

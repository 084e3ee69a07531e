import type { Answer } from "../../shared/protocol/commands.js";
import type { Change } from "../../shared/protocol/link.js";

/** That an entry changed. */
export interface Touched {
  readonly key: string;
  readonly event: Change["event"];
  /** Whether readers are promised to see it (P3). A renewal that pushes an expiry on is no such change. */
  readonly visible: boolean;
}

/** The answer to what the cell decided to do by itself: nobody outside asked. */
export const DONE = { status: "done" } as const;

/** What a command came to. */
export interface Outcome {
  readonly answer: Answer | typeof DONE;
  readonly touched: readonly Touched[];
  /** Whether the state changed at all, so that the record must be journaled. */
  readonly writes: boolean;
}

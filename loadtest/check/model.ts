import type { Operation } from "./history.js";

/** What one key would do if it did one thing at a time. */
export interface Model<State, Call, Result> {
  /** Plain data; equal states have equal JSON. */
  readonly initial: State;
  /**
   * The state after the operation, or undefined if it could not have had its result in this state. An unknown
   * result fits every state. An operation that changes nothing returns the very state that it was given.
   */
  step(state: State, operation: Operation<Call, Result>): State | undefined;
  /** Whether the call only looks. (The model may learn from it; the thing itself is not changed.) */
  isRead(call: Call): boolean;
  /** A few words for people: `read → 3`. */
  describe(operation: Operation<Call, Result>): string;
}

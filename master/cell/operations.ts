import type { Answer } from "../../shared/protocol/commands.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import type { CommandRecord } from "./record.js";
import { refused } from "./refusal.js";
import { type Operation, operationKey, type SessionRecord, type State } from "./state.js";

/**
 * What was decided under an operation id, while it is kept (rule O1). By the record's time and not by what is still in
 * the table: when that is cleared is each master's own affair, and a replay must come to the same.
 */
export function decided(
  state: State,
  principal: string,
  operationId: string,
  now: CommandRecord,
): Operation | undefined {
  const operation = state.operations.get(operationKey(principal, operationId));
  return operation !== undefined && operation.atMs + LIMITS.operationKeptMs > now.timeMs ? operation : undefined;
}

/** Notes what the operation is answered from now on. */
export function decide(
  state: State,
  principal: string,
  { id, request }: { readonly id: string; readonly request: string },
  answer: Answer,
  { timeMs: atMs }: CommandRecord,
): void {
  state.operations.set(operationKey(principal, id), { principal, request, answer, atMs });
}

/** No client's operation id has a space in it. */
const endOf = (sessionId: string): string => `end of ${sessionId}`;

/**
 * Notes that a session ended, for as long as clients send things again: so its gateway, which may not have heard that
 * it was ever anchored, cannot anchor it a second time and let its client believe that it still has what it lost (S2).
 */
export function noteEnd(state: State, { principal, sessionId }: SessionRecord, now: CommandRecord): void {
  decide(state, principal, { id: endOf(sessionId), request: "" }, refused("session_expired", ENDED), now);
}

export const hasEnded = (state: State, principal: string, sessionId: string, now: CommandRecord): boolean =>
  decided(state, principal, endOf(sessionId), now) !== undefined;

export const ENDED = "The session has ended.";

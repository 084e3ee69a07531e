import type { Answer, Command } from "../../shared/protocol/commands.js";
import { lockKey, tokenKey } from "../../shared/protocol/keys.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { decideLockCommand, expire } from "./locks.js";
import { DONE, type Outcome } from "./outcome.js";
import type { CellCommand, ClientPart, CommandRecord } from "./record.js";
import { refused } from "./refusal.js";
import { operationKey, type State } from "./state.js";

/**
 * Applies a command to a state and says what came of it. The cell's only truth table: no clock, no
 * chance, no I/O, so the journal's records give the same state each time they are applied.
 *
 * The token is judged first (rule A3), then the operation id (P5, rule O1), then the command.
 */
export function apply(state: State, record: CommandRecord, revision: number): Outcome {
  const outcome =
    record.client === undefined
      ? applyOwn(state, record, record.command as CellCommand, revision)
      : applyForClient(state, record, record.client, revision);
  if (outcome.writes) {
    state.counters.revision = revision;
    state.counters.timeMs = Math.max(state.counters.timeMs, record.timeMs);
    state.counters.closed = record.command.kind === "close";
  }
  return outcome;
}

function applyForClient(state: State, record: CommandRecord, client: ClientPart, revision: number): Outcome {
  const token = state.tokens.get(client.tokenHash);
  if (token === undefined) return withoutTrace(refused("authentication_failed", "Authentication failed"));
  const { principal } = token;
  const { operation } = client;
  const command = record.command as Command;
  if (operation === undefined) return decideLockCommand({ state, record, command, client, principal, revision });

  const key = operationKey(principal, operation.id);
  const earlier = state.operations.get(key);
  if (earlier !== undefined && earlier.atMs + LIMITS.operationKeptMs > record.timeMs) {
    if (earlier.request === operation.request) return withoutTrace(earlier.answer);
    return withoutTrace(refused("conflict", "This Idempotency-Key was used for another request; take a new one."));
  }
  const outcome = decideLockCommand({ state, record, command, client, principal, revision });
  const answer = outcome.answer as Answer;
  state.operations.set(key, { principal, request: operation.request, answer, atMs: record.timeMs });
  return { ...outcome, writes: true };
}

function applyOwn(state: State, record: CommandRecord, command: CellCommand, revision: number): Outcome {
  const { counters, tokens } = state;
  switch (command.kind) {
    case "expire":
      return expire(state, command.name, record);
    case "setToken": {
      if (tokens.get(command.hash)?.principal === command.principal) return withoutTrace(DONE);
      tokens.set(command.hash, { principal: command.principal, revision });
      return changed(tokenKey(command.hash));
    }
    case "revokeToken": {
      if (tokens.get(command.hash) === undefined) return withoutTrace(DONE);
      tokens.delete(command.hash);
      return changed(tokenKey(command.hash));
    }
    case "start":
      counters.epoch = command.epoch;
      // A master that closed in good order saw every lease end.
      if (counters.closed) counters.proxyLeaseMs = 0;
      counters.lastFencingToken = Math.max(counters.lastFencingToken, command.fencingTokenAtLeast);
      return { answer: DONE, touched: [], writes: true };
    case "grantLeases":
      counters.proxyLeaseMs = Math.max(counters.proxyLeaseMs, command.proxyLeaseMs);
      return { answer: DONE, touched: [], writes: true };
    case "close":
      return { answer: DONE, touched: [], writes: true };
  }
}

const withoutTrace = (answer: Outcome["answer"]): Outcome => ({ answer, touched: [], writes: false });

const changed = (key: string): Outcome => ({
  answer: DONE,
  touched: [{ key, event: "token", visible: true }],
  writes: true,
});

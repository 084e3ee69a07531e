import type { Answer } from "../../shared/protocol/commands.js";
import { tokenKey } from "../../shared/protocol/keys.js";
import { acquire } from "./acquire.js";
import type { ClientCase, Of } from "./client-case.js";
import { cancelWait, expire, release, renew, setMetadata } from "./locks.js";
import { presentForm, type StoredCommand } from "./old-command.js";
import { decide, decided } from "./operations.js";
import { changing, DONE, noted, type Outcome, unchanged } from "./outcome.js";
import type { CellCommand, ClientPart, CommandRecord } from "./record.js";
import { refused } from "./refusal.js";
import { closeSession, endSession, openSession, resumeSession } from "./sessions.js";
import { attachedBy, standingOf } from "./standing.js";
import type { State } from "./state.js";
import { stillWaiting } from "./waiting.js";

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
  if (token === undefined) return unchanged(refused("authentication_failed", "Authentication failed"));
  const { principal } = token;
  const standing = standingOf(state, record, client, principal);
  const command = presentForm(record.command as StoredCommand);
  const outcome = onceOnly({ state, record, command, client, principal, standing, revision });
  const attached = attachedBy(state, standing, client, revision);
  return attached === undefined ? outcome : { ...outcome, attached };
}

/** Decides the command, unless it was decided before under its operation id (rule O1). */
function onceOnly(it: ClientCase): Outcome {
  const { state, record, principal } = it;
  const { operation } = it.client;
  if (operation === undefined) return decideCase(it);
  const earlier = stillWaiting(it) ?? decided(state, principal, operation.id, record);
  if (earlier !== undefined) {
    if (earlier.request === operation.request) return unchanged(earlier.answer);
    return unchanged(refused("conflict", "This Idempotency-Key was used for another request; take a new one."));
  }
  const outcome = decideCase(it);
  decide(state, principal, operation, outcome.answer as Answer, record);
  return outcome.writes ? outcome : { ...outcome, writes: true };
}

function decideCase(it: ClientCase): Outcome {
  const { command, standing } = it;
  // These two have something to say before the session is judged.
  if (command.kind === "acquire") return acquire(it as Of<"acquire">);
  if (command.kind === "resumeSession") return resumeSession(it as Of<"resumeSession">);
  if (standing.is === "refused") return unchanged(standing.answer);
  switch (command.kind) {
    case "renew":
      return renew(it as Of<"renew">);
    case "release":
      return release(it as Of<"release">);
    case "setMetadata":
      return setMetadata(it as Of<"setMetadata">);
    case "cancelWait":
      return cancelWait(it as Of<"cancelWait">);
    case "openSession":
      return openSession(it as Of<"openSession">);
    case "closeSession":
      return closeSession(it as Of<"closeSession">);
  }
}

function applyOwn(state: State, record: CommandRecord, command: CellCommand, revision: number): Outcome {
  const { counters, tokens } = state;
  switch (command.kind) {
    case "expire":
      return expire(state, command.name, record, revision);
    case "setToken": {
      if (tokens.get(command.hash)?.principal === command.principal) return unchanged(DONE);
      tokens.set(command.hash, { principal: command.principal, revision });
      return changed(tokenKey(command.hash));
    }
    case "revokeToken": {
      if (tokens.get(command.hash) === undefined) return unchanged(DONE);
      tokens.delete(command.hash);
      return changed(tokenKey(command.hash));
    }
    case "start":
      counters.epoch = command.epoch;
      // A master that closed in good order saw every lease end.
      if (counters.closed) counters.proxyLeaseMs = 0;
      counters.lastFencingToken = Math.max(counters.lastFencingToken, command.fencingTokenAtLeast);
      return noted(DONE);
    case "grantLeases":
      counters.proxyLeaseMs = Math.max(counters.proxyLeaseMs, command.proxyLeaseMs);
      return noted(DONE);
    case "close":
      return noted(DONE);
    case "endSession":
      return endSession(state, command, record, revision);
  }
}

/** A token's entry changed. */
const changed = (key: string): Outcome => changing(DONE, [{ key, event: "token", visible: true }]);

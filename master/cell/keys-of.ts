import { lockKey, sessionKey, tokenKey } from "../../shared/protocol/keys.js";
import type { CommandRecord } from "./record.js";
import type { SessionRecord, State } from "./state.js";

/**
 * The keys that a command may change, as far as the state tells now (rule R3).
 *
 * A lock's key stands for its queue as well: who is granted the lock next changes nothing else that is cached. The
 * end of a session names each lock that it holds or waits for; what it may get until its turn comes, from commands
 * that are under way, the caller has to add. What attaches or ends a session names the session's own key as well: so
 * none of these finds, when its round is over, that another has taken the session from the holder that was told.
 */
export function keysOf(state: State, { command, client }: Pick<CommandRecord, "command" | "client">): string[] {
  const ref = client?.session;
  switch (command.kind) {
    case "setToken":
    case "revokeToken":
      return [tokenKey(command.hash)];
    case "start":
    case "grantLeases":
    case "close":
    case "openSession":
      return [];
    case "endSession":
      return keysOfEnd(state, command.sessionId);
    case "closeSession":
      return ref === undefined ? [] : keysOfEnd(state, ref.sessionId);
    case "resumeSession":
      return ref === undefined ? [] : [sessionKey(ref.sessionId)];
    default:
      return [lockKey(command.name)];
  }
}

function keysOfEnd(state: State, sessionId: string): string[] {
  const { locks, waits } = state.sessions.get(sessionId) ?? NOTHING;
  return [sessionKey(sessionId), ...[...locks, ...waits.map(({ name }) => name)].map(lockKey)];
}

const NOTHING: Pick<SessionRecord, "locks" | "waits"> = { locks: [], waits: [] };

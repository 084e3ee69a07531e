import { lockKey, sessionKey, tokenKey } from "../../shared/protocol/keys.js";
import type { CommandRecord } from "./record.js";
import type { SessionRecord, State } from "./state.js";

/**
 * The keys that a command may change, as far as the state tells now (rule R3).
 *
 * A lock's key stands for its queue as well: who is granted the lock next changes nothing else that is cached. The
 * end of a session names each lock that it holds or waits for; what it may get until its turn comes, from commands
 * that are under way, the caller has to add. A session's own key is named only where its holder must be told first.
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
      return lockKeysOf(state.sessions.get(command.sessionId));
    case "closeSession": {
      if (ref === undefined) return [];
      const keys = lockKeysOf(state.sessions.get(ref.sessionId));
      return ref.attachment === null ? [sessionKey(ref.sessionId), ...keys] : keys;
    }
    case "resumeSession":
      return ref !== undefined && command.secretHash === null ? [sessionKey(ref.sessionId)] : [];
    default:
      return [lockKey(command.name)];
  }
}

function lockKeysOf(session: SessionRecord | undefined): string[] {
  if (session === undefined) return [];
  return [...session.locks, ...session.waits.map(({ name }) => name)].map(lockKey);
}

import type { SessionLock } from "../../shared/protocol/entries.js";
import type { Lock, SessionRecord, State } from "./state.js";

type Change = (session: SessionRecord) => Partial<SessionRecord>;

/** Changes a session's record, if there is one: a lock may outlive the session that it bears as a label. */
export function changeSession(state: State, sessionId: string | null, change: Change): void {
  const session = sessionId === null ? undefined : state.sessions.get(sessionId);
  if (session !== undefined) state.sessions.set(session.sessionId, { ...session, ...change(session) });
}

/** The ephemeral locks of a session, as its holder needs to know them. */
export function sessionLocks(state: Pick<State, "locks">, { locks }: SessionRecord): SessionLock[] {
  return locks.map((held) => {
    const { name, leaseId, fencingToken } = state.locks.get(held) as Lock;
    return { name, leaseId, fencingToken };
  });
}

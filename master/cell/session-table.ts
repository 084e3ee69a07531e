import type { SessionLock } from "../../shared/protocol/entries.js";
import type { Lock, SessionRecord, State } from "./state.js";

type Lists = Pick<SessionRecord, "locks" | "labels" | "waits">;

/** Changes a list of a session's record, if there is one: a lock may outlive the session that it bears as a label. */
export function changeList<K extends keyof Lists>(
  state: State,
  sessionId: string | null,
  list: K,
  change: (all: Lists[K]) => Lists[K],
): void {
  const session = sessionId === null ? undefined : state.sessions.get(sessionId);
  if (session !== undefined) state.sessions.set(session.sessionId, { ...session, [list]: change(session[list]) });
}

/** The ephemeral locks of a session, as its holder needs to know them. */
export function sessionLocks(state: Pick<State, "locks">, { locks }: SessionRecord): SessionLock[] {
  return locks.map((held) => {
    const { name, leaseId, fencingToken } = state.locks.get(held) as Lock;
    return { name, leaseId, fencingToken };
  });
}

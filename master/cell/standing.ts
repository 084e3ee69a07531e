import type { AttachedSession, Refused } from "../../shared/protocol/commands.js";
import { hasEnded } from "./operations.js";
import type { ClientPart, CommandRecord, SessionPart } from "./record.js";
import { refused } from "./refusal.js";
import type { SessionRecord, State } from "./state.js";

/** How the session that a write names stands to whoever sent the write. */
export type Standing =
  /** The write names no session. */
  | { readonly is: "none" }
  /** The write may not be made for it. */
  | { readonly is: "refused"; readonly answer: Refused }
  /** The cell does not know it: what gives it something anchors it. */
  | { readonly is: "new"; readonly unanchored: SessionRecord }
  | { readonly is: "known"; readonly session: SessionRecord };

/**
 * Judges the session of a write (rule S1).
 *
 * Who sends the number of an attachment must send the newest. Who sends none, but what to anchor, was the session's
 * gateway when it was born, and has not heard yet that an earlier write anchored it; it goes on under it as long as
 * nobody else can hold it: it shows the secret that it made, and the session was never attached anew. Who sends
 * neither is the owner, at any door.
 */
export function standingOf(
  state: State,
  now: CommandRecord,
  { session: ref }: ClientPart,
  principal: string,
): Standing {
  if (ref === undefined) return { is: "none" };
  const session = state.sessions.get(ref.sessionId);
  if (session === undefined) {
    return ref.anchor !== undefined && hasEnded(state, principal, ref.sessionId, now)
      ? expired
      : unknown(ref, principal);
  }
  if (session.principal !== principal) return noSuchSession;
  if (ref.attachment !== null) return session.attachment === ref.attachment ? { is: "known", session } : expired;
  if (ref.anchor === undefined) return { is: "known", session };
  return isAnchoredBy(ref, session) ? { is: "known", session } : expired;
}

function unknown(ref: SessionPart, principal: string): Standing {
  if (ref.attachment !== null) return expired;
  if (ref.anchor === undefined) return noSuchSession;
  const { sessionId, anchor } = ref;
  const nothing = { attachment: 0, resumed: false, locks: [], labels: [], waits: [] };
  return { is: "new", unanchored: { sessionId, principal, ...anchor, ...nothing } };
}

function isAnchoredBy({ anchor, boundToSender }: SessionPart, { resumed, secretHash }: SessionRecord): boolean {
  if (resumed) return false;
  return boundToSender || (secretHash !== null && anchor?.secretHash === secretHash);
}

/** The session for something that it is about to get: anchored by this commit if it was not known. */
export function anchored(state: State, standing: Standing, revision: number): void {
  if (standing.is !== "new") return;
  const { unanchored } = standing;
  state.sessions.set(unanchored.sessionId, { ...unanchored, attachment: revision });
}

/** The session that a decided write leaves attached to its sender, where it was not before or the sender does not know it. */
export function attachedBy(
  state: State,
  standing: Standing,
  { session: ref }: ClientPart,
  revision: number,
): AttachedSession | undefined {
  const session = ref === undefined ? undefined : state.sessions.get(ref.sessionId);
  if (session === undefined) return undefined;
  const { sessionId, attachment } = session;
  const isLearned = standing.is === "known" && ref?.attachment === null && ref.anchor !== undefined;
  return attachment === revision || isLearned ? { sessionId, attachment } : undefined;
}

const expired: Standing = {
  is: "refused",
  answer: refused("session_expired", "The session has ended, or lives elsewhere by now; open a new one."),
};
const noSuchSession: Standing = { is: "refused", answer: refused("not_found", "Session not found") };

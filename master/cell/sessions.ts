import type { SessionResumed } from "../../shared/protocol/commands.js";
import { sessionKey } from "../../shared/protocol/keys.js";
import type { Of } from "./client-case.js";
import { ENDED, noteEnd } from "./operations.js";
import { DONE, noted, type Outcome, type Touched, unchanged } from "./outcome.js";
import type { CommandRecord, EndSessionCommand } from "./record.js";
import { refused } from "./refusal.js";
import { sessionLocks } from "./session-table.js";
import { anchored } from "./standing.js";
import type { Lock, SessionRecord, State, Waiter } from "./state.js";
import { type Freed, free, giveUpPlace, placeOf } from "./waiting.js";

/** Anchors a session that asks for nothing else. */
export function openSession({ state, standing, revision }: Of<"openSession">): Outcome {
  if (standing.is === "none") return unchanged(NAMES_NONE);
  if (standing.is === "known") return unchanged({ status: "sessionOpened" });
  anchored(state, standing, revision);
  return noted({ status: "sessionOpened" });
}

/**
 * Attaches a session to the sender, under the number of this commit. By its secret without anybody's consent: the
 * client knows that it moved (rule S3). By its owner's token alone, the present holder is told first.
 */
export function resumeSession({ state, standing, client, command, revision }: Of<"resumeSession">): Outcome {
  const { secretHash } = command;
  if (client.session === undefined) return unchanged(NAMES_NONE);
  const isUnknown = state.sessions.get(client.session.sessionId) === undefined;
  if (isUnknown && secretHash !== null) return unchanged(NONE_TO_RESUME);
  if (standing.is !== "known") return unchanged(standing.is === "refused" ? standing.answer : NONE_TO_RESUME);
  const { session } = standing;
  if (secretHash !== null && secretHash !== session.secretHash) {
    return unchanged(refused("forbidden", "The resume secret is not the session's."));
  }
  state.sessions.set(session.sessionId, { ...session, attachment: revision, resumed: true });
  const answer: SessionResumed = {
    status: "sessionResumed",
    leaseMs: session.leaseMs,
    locks: sessionLocks(state, session),
    waits: [...session.waits],
  };
  const isMoved = secretHash === null && !client.session.boundToSender;
  return { ...noted(answer), touched: isMoved ? [told(session)] : [] };
}

/**
 * Ends a session by its owner's will: what it held is released. The holder of the session, if it is not the one who
 * sends this, is told before. Of a session that was never anchored there is nothing to end but what is under way.
 */
export function closeSession({ state, record, standing, client, revision }: Of<"closeSession">): Outcome {
  if (standing.is === "none") return unchanged(NAMES_NONE);
  if (standing.is === "refused") return unchanged(standing.answer);
  if (standing.is === "new") {
    noteEnd(state, standing.unanchored, record);
    return noted({ status: "sessionClosed" });
  }
  const { session } = standing;
  const { touched, grants } = end(state, session, record, revision, false);
  const isByHolder = client.session?.attachment !== null || client.session.anchor !== undefined;
  return {
    ...noted({ status: "sessionClosed" }),
    touched: isByHolder ? touched : [told(session), ...touched],
    grants,
    ended: session.sessionId,
  };
}

/** Ends a session whose client is lost, unless it was attached anew since (rule S1). */
export function endSession(state: State, command: EndSessionCommand, record: CommandRecord, revision: number): Outcome {
  const session = state.sessions.get(command.sessionId);
  if (session?.attachment !== command.attachment) return unchanged(DONE);
  return { ...noted(DONE), ...end(state, session, record, revision, true), ended: session.sessionId };
}

/** Gives up the places first, so that a session that ends is granted nothing any more. */
function end(state: State, session: SessionRecord, record: CommandRecord, revision: number, isLost: boolean): Freed {
  const why = refused("session_expired", ENDED);
  for (const { name } of session.waits) {
    giveUpPlace(state, name, placeOf(state, name, session.sessionId) as Waiter, why, record);
  }
  const freed = session.locks.map((name) => free(state, state.locks.get(name) as Lock, record, revision, isLost));
  state.sessions.delete(session.sessionId);
  noteEnd(state, session, record);
  return { touched: freed.flatMap(({ touched }) => touched), grants: freed.flatMap(({ grants }) => grants) };
}

/** That the holder of a session must know before the commit; no event tells of it. */
const told = ({ sessionId }: SessionRecord): Touched => ({ key: sessionKey(sessionId), event: null, visible: true });

const NAMES_NONE = refused("invalid_input", "The command names no session.");
const NONE_TO_RESUME = refused("session_expired", "There is no such session to resume; open a new one.");

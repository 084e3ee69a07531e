import { Type } from "typebox";
import { SessionLock, SessionWait } from "../entries.js";
import { RequestId } from "./request-id.js";

/**
 * The number of the session's attachment to this gateway (rule S1): it rises with each resume. Null while the session
 * has never held or awaited anything, and the master does not know it.
 */
export const Attachment = Type.Union([Type.Integer(), Type.Null()]);

/** Opens a session that is the gateway's own until its first command that needs the master. */
export const OpenSession = Type.Object({
  type: Type.Literal("openSession"),
  id: RequestId,
  /** How long the session shall live without a word from the client; 5 to 300 s, 12 s if it is left out. */
  leaseMs: Type.Optional(Type.Integer()),
});
/** What it takes to resume it elsewhere; the secret is told only here. The lease counts from the request's sending. */
export const SessionOpened = Type.Object({
  type: Type.Literal("sessionOpened"),
  id: RequestId,
  sessionId: Type.String(),
  /** Proves later, elsewhere, whose session it is. Told this once; the cell keeps its hash only. */
  resumeSecret: Type.String(),
  /** Counted by the client from before it sent the request, less 2 %. */
  leaseMs: Type.Integer(),
});

/**
 * Binds a session to this socket, here or from another gateway. From its sending on, only answers with a higher
 * attachment number than the client knew lengthen its lease (rule S3). `session_expired` if there is none to resume:
 * it ended, or it never held anything and was another gateway's own.
 */
export const ResumeSession = Type.Object({
  type: Type.Literal("resumeSession"),
  id: RequestId,
  sessionId: Type.String(),
  resumeSecret: Type.String(),
});
/** It lives here now, under this attachment number, and has these locks and places in queues, and no others. */
export const SessionResumed = Type.Object({
  type: Type.Literal("sessionResumed"),
  id: RequestId,
  /** Counted by the client from before it sent the request, less 2 %. */
  leaseMs: Type.Integer(),
  attachment: Attachment,
  /** What it holds and waits for. What the client remembers beside that, it has lost. */
  locks: Type.Array(SessionLock),
  waits: Type.Array(SessionWait),
});

/** Prolongs a session. To be sent every third of its lease. */
export const KeepAlive = Type.Object({ type: Type.Literal("keepAlive"), id: RequestId, sessionId: Type.String() });
/** The lease counts from the sending of the KeepAlive that it answers. */
export const KeptAlive = Type.Object({
  type: Type.Literal("keptAlive"),
  id: RequestId,
  /** Counted by the client from before it sent the request, less 2 %. */
  leaseMs: Type.Integer(),
  attachment: Type.Optional(Attachment),
});

/** Ends a session, and frees its locks. A closed socket does not. */
export const CloseSession = Type.Object({
  type: Type.Literal("closeSession"),
  id: RequestId,
  sessionId: Type.String(),
});
/** It has ended, and its locks are free. */
export const SessionClosed = Type.Object({ type: Type.Literal("sessionClosed"), id: RequestId });

/**
 * Pushed: the session is not held by this socket any more. `ended`: of silence. `taken`: it was resumed elsewhere, or
 * its owner ended it at another door; a resume tells which.
 */
export const SessionGone = Type.Object({
  type: Type.Literal("sessionGone"),
  sessionId: Type.String(),
  why: Type.Union([Type.Literal("ended"), Type.Literal("taken")]),
});

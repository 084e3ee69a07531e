import { Type } from "typebox";
import { LIMITS } from "../limits.js";
import { RequestId } from "./request-id.js";
import { Attachment } from "./sessions.js";

const TextOrNull = Type.Union([Type.String(), Type.Null()]);

/** What each write on a lock says: for which session, and under which operation id it may be sent again (P5). */
const write = {
  id: RequestId,
  sessionId: Type.String(),
  operationId: Type.String({ minLength: 1, maxLength: LIMITS.operationIdCharsMax, pattern: "^[!-~]+$" }),
  name: Type.String(),
};

/** Takes an ephemeral lock: it has no TTL, and lives with the session. */
export const Acquire = Type.Object({
  type: Type.Literal("acquire"),
  ...write,
  metadata: Type.Optional(TextOrNull),
  /** How long the lock stays closed if its holder is lost; 0 to 60 s, 0 if it is left out. */
  lockDelayMs: Type.Optional(Type.Integer()),
  /** Takes a place in the lock's queue if it is not free, in the order in which acquires reach the master. */
  wait: Type.Optional(Type.Boolean()),
});
/** The lock is the session's. The token is to be shown to whatever the lock protects. */
export const Acquired = Type.Object({
  type: Type.Literal("acquired"),
  id: RequestId,
  leaseId: Type.String(),
  fencingToken: Type.Integer(),
  metadata: TextOrNull,
  attachment: Attachment,
});
/** Somebody else holds it, and the acquire did not want to wait. */
export const Held = Type.Object({
  type: Type.Literal("held"),
  id: RequestId,
  holderId: Type.String(),
  metadata: TextOrNull,
  retryAfterMs: Type.Integer(),
});
/** Its last holder was lost, and its lock delay runs. */
export const Delayed = Type.Object({ type: Type.Literal("delayed"), id: RequestId, retryAfterMs: Type.Integer() });
/** The acquire has its place in the queue; `granted` is pushed when its turn has come. */
export const Waiting = Type.Object({ type: Type.Literal("waiting"), id: RequestId, attachment: Attachment });
/** Pushed: a waiting acquire has the lock. It may come before the `waiting` of that acquire. */
export const Granted = Type.Object({
  type: Type.Literal("granted"),
  sessionId: Type.String(),
  /** Of the acquire that waited. */
  operationId: Type.String(),
  name: Type.String(),
  leaseId: Type.String(),
  fencingToken: Type.Integer(),
  metadata: TextOrNull,
  attachment: Attachment,
});

/** Gives up a place in a queue. Answered `acquired` if the grant came first. */
export const CancelAcquire = Type.Object({
  type: Type.Literal("cancelAcquire"),
  ...write,
  /** Of the acquire that waits. */
  waitOperationId: Type.String(),
});
/** The place is given up, or will never be taken if the acquire has not arrived yet. */
export const AcquireCancelled = Type.Object({ type: Type.Literal("acquireCancelled"), id: RequestId });

/** Frees a lock, named by its lease. */
export const Release = Type.Object({ type: Type.Literal("release"), ...write, leaseId: Type.String() });
/** It is free, and this session's no more. */
export const Released = Type.Object({ type: Type.Literal("released"), id: RequestId });

/** Replaces what a lock shows to its readers; null for nothing. Named by its lease. */
export const SetMetadata = Type.Object({
  type: Type.Literal("setMetadata"),
  ...write,
  leaseId: Type.String(),
  metadata: TextOrNull,
});
/** It is on disk, and every read from now on shows it. */
export const MetadataSet = Type.Object({ type: Type.Literal("metadataSet"), id: RequestId });

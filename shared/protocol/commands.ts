import { type Static, Type } from "typebox";
import { SessionLock, SessionWait } from "./entries.js";

const text = { name: Type.String(), leaseId: Type.String() };
const TextOrNull = Type.Union([Type.String(), Type.Null()]);

/** Takes a lock that is free, or prolongs it if the caller holds it already. */
export const AcquireCommand = Type.Object({
  kind: Type.Literal("acquire"),
  name: text.name,
  /** Null: without a TTL. Only an ephemeral lock may have none. */
  ttlMs: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
  metadata: TextOrNull,
  lockDelayMs: Type.Integer({ minimum: 0 }),
  /** Whether the delay applies to a release as well, as at OctoStore, and not only where the holder was lost. */
  delayOnRelease: Type.Boolean(),
  /** Held by the session that the write names, and freed with it. Otherwise held by the principal. */
  ephemeral: Type.Boolean(),
  /** Takes a place in the lock's queue if it cannot be had now (rule S7). Only for ephemeral locks. */
  wait: Type.Boolean(),
});
/** Sets the expiry of a held lock to now + ttl; may bring it forward. */
export const RenewCommand = Type.Object({
  kind: Type.Literal("renew"),
  ...text,
  ttlMs: Type.Integer({ minimum: 1 }),
});
export const ReleaseCommand = Type.Object({ kind: Type.Literal("release"), ...text });
/** Replaces the metadata of a held lock (SetContents in the paper). */
export const SetMetadataCommand = Type.Object({
  kind: Type.Literal("setMetadata"),
  ...text,
  metadata: TextOrNull,
});
/** Gives up the place in a lock's queue that the session's acquire of this operation id took. */
export const CancelWaitCommand = Type.Object({
  kind: Type.Literal("cancelWait"),
  name: text.name,
  waitOperationId: Type.String(),
});
/** Anchors the session that the write names, without asking for anything else. */
export const OpenSessionCommand = Type.Object({ kind: Type.Literal("openSession") });
/**
 * Attaches the session that the write names to the sender, under a new attachment number (rule S1). Null: the
 * owner's token stands for the secret, and the present holder is told first, by a round.
 */
export const ResumeSessionCommand = Type.Object({ kind: Type.Literal("resumeSession"), secretHash: TextOrNull });
/** Ends the session that the write names, by its owner: its ephemeral locks come free at once. */
export const CloseSessionCommand = Type.Object({ kind: Type.Literal("closeSession") });

/** What a client may ask to be changed of a lock. All fields were checked at the gateway that took it. */
export const LockCommand = Type.Union([
  AcquireCommand,
  RenewCommand,
  ReleaseCommand,
  SetMetadataCommand,
  CancelWaitCommand,
]);
export type LockCommand = Static<typeof LockCommand>;
export const SessionCommand = Type.Union([OpenSessionCommand, ResumeSessionCommand, CloseSessionCommand]);
export type SessionCommand = Static<typeof SessionCommand>;
export const Command = Type.Union([LockCommand, SessionCommand]);
export type Command = Static<typeof Command>;

/** The session on whose behalf a write is made. */
export const SessionRef = Type.Object({
  sessionId: Type.String(),
  /**
   * The number under which the sender holds it (rule S1); another one than the newest is refused. Null: the sender
   * does not hold it anchored. Then `anchor` says what is to be journaled if the master does not know it; without
   * `anchor`, the owner's token alone stands for it.
   */
  attachment: Type.Union([Type.Integer(), Type.Null()]),
  anchor: Type.Optional(Type.Object({ leaseMs: Type.Integer(), secretHash: TextOrNull })),
});
export type SessionRef = Static<typeof SessionRef>;

/** A session under the number of its newest attachment: the revision of the commit that attached it. */
export const AttachedSession = Type.Object({ sessionId: Type.String(), attachment: Type.Integer() });
export type AttachedSession = Static<typeof AttachedSession>;

export const Acquired = Type.Object({
  status: Type.Literal("acquired"),
  leaseId: Type.String(),
  fencingToken: Type.Integer(),
  /** Null, like `renewAfterMs`, for a lock without a TTL. */
  expiresAtWallMs: Type.Union([Type.Number(), Type.Null()]),
  renewAfterMs: Type.Union([Type.Integer(), Type.Null()]),
  metadata: TextOrNull,
});
export const Held = Type.Object({
  status: Type.Literal("held"),
  holderId: Type.String(),
  /** Null for a lock without a TTL. */
  expiresAtWallMs: Type.Union([Type.Number(), Type.Null()]),
  retryAfterMs: Type.Integer(),
  metadata: TextOrNull,
});
export const Delayed = Type.Object({
  status: Type.Literal("delayed"),
  availableAtWallMs: Type.Number(),
  lockDelayMs: Type.Integer(),
  retryAfterMs: Type.Integer(),
});
/** The acquire has its place in the queue; the grant comes as an event. */
export const Waiting = Type.Object({ status: Type.Literal("waiting") });
export const Cancelled = Type.Object({ status: Type.Literal("cancelled") });
export const Renewed = Type.Object({
  status: Type.Literal("renewed"),
  leaseId: Type.String(),
  expiresAtWallMs: Type.Number(),
  renewAfterMs: Type.Integer(),
});
export const Released = Type.Object({ status: Type.Literal("released") });
export const MetadataSet = Type.Object({
  status: Type.Literal("metadataSet"),
  leaseId: Type.String(),
  metadata: TextOrNull,
});
export const SessionOpened = Type.Object({ status: Type.Literal("sessionOpened") });
/** What a resumed session has: so nothing that was granted or lost meanwhile stays unknown (rule S7). */
export const SessionResumed = Type.Object({
  status: Type.Literal("sessionResumed"),
  leaseMs: Type.Integer(),
  locks: Type.Array(SessionLock),
  waits: Type.Array(SessionWait),
});
export const SessionClosed = Type.Object({ status: Type.Literal("sessionClosed") });
/** A refusal that is itself a decision of the cell, kept under the operation id like any other answer. */
export const Refused = Type.Object({
  status: Type.Literal("refused"),
  code: Type.String(),
  details: Type.String(),
  httpStatus: Type.Optional(Type.Integer()),
  retryAfterMs: Type.Optional(Type.Integer()),
});

/** What the cell said to a command. The same command with the same operation id gets it again, to the letter. */
export const Answer = Type.Union([
  Acquired,
  Held,
  Delayed,
  Waiting,
  Cancelled,
  Renewed,
  Released,
  MetadataSet,
  SessionOpened,
  SessionResumed,
  SessionClosed,
  Refused,
]);
export type Answer = Static<typeof Answer>;
export type Acquired = Static<typeof Acquired>;
export type SessionResumed = Static<typeof SessionResumed>;
export type Refused = Static<typeof Refused>;

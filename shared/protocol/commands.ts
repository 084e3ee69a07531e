import { type Static, Type } from "typebox";

const text = { name: Type.String(), leaseId: Type.String() };

/** Takes a lock that is free, or prolongs it if the caller holds it already. */
export const AcquireCommand = Type.Object({
  kind: Type.Literal("acquire"),
  name: text.name,
  ttlMs: Type.Integer({ minimum: 1 }),
  metadata: Type.Union([Type.String(), Type.Null()]),
  lockDelayMs: Type.Integer({ minimum: 0 }),
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
  metadata: Type.Union([Type.String(), Type.Null()]),
});

/** What a client may ask to be changed. All fields were checked at the gateway that took it. */
export const Command = Type.Union([AcquireCommand, RenewCommand, ReleaseCommand, SetMetadataCommand]);
export type Command = Static<typeof Command>;

export const Acquired = Type.Object({
  status: Type.Literal("acquired"),
  leaseId: Type.String(),
  fencingToken: Type.Integer(),
  expiresAtWallMs: Type.Number(),
  renewAfterMs: Type.Integer(),
  metadata: Type.Union([Type.String(), Type.Null()]),
});
export const Held = Type.Object({
  status: Type.Literal("held"),
  holderId: Type.String(),
  expiresAtWallMs: Type.Number(),
  retryAfterMs: Type.Integer(),
  metadata: Type.Union([Type.String(), Type.Null()]),
});
export const Delayed = Type.Object({
  status: Type.Literal("delayed"),
  availableAtWallMs: Type.Number(),
  lockDelayMs: Type.Integer(),
  retryAfterMs: Type.Integer(),
});
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
  metadata: Type.Union([Type.String(), Type.Null()]),
});
/** A refusal that is itself a decision of the cell, kept under the operation id like any other answer. */
export const Refused = Type.Object({
  status: Type.Literal("refused"),
  code: Type.String(),
  details: Type.String(),
  httpStatus: Type.Optional(Type.Integer()),
  retryAfterMs: Type.Optional(Type.Integer()),
});

/** What the cell said to a command. The same command with the same operation id gets it again, to the letter. */
export const Answer = Type.Union([Acquired, Held, Delayed, Renewed, Released, MetadataSet, Refused]);
export type Answer = Static<typeof Answer>;
export type Refused = Static<typeof Refused>;

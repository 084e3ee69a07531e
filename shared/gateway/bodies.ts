import { type Static, type TSchema, Type } from "typebox";
import { isUuid } from "./uuids.js";

const Uuid = Type.Refine(Type.String(), isUuid, () => "must be a UUID");
const U32 = Type.Integer({ minimum: 0, maximum: 4_294_967_295 });
/** Null stands for absence, as at OctoStore. */
const optional = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));

/** Bodies of the requests that write. Only the shape: ranges and meaning are checked after authentication. */
export const AcquireBody = Type.Object({
  ttl_seconds: optional(U32),
  metadata: optional(Type.String()),
  session_id: optional(Uuid),
  ephemeral: optional(Type.Boolean()),
  lock_delay_seconds: optional(U32),
  acl: optional(Type.Object({ acquire: Type.Array(Type.String()) })),
});
export const RenewBody = Type.Object({ lease_id: Uuid, ttl_seconds: optional(U32) });
export const ReleaseBody = Type.Object({ lease_id: Uuid });
export const SessionBody = Type.Object({ ttl_seconds: optional(U32) });
export const MetadataBody = Type.Object({ lease_id: Uuid, metadata: Type.Union([Type.String(), Type.Null()]) });

export type AcquireBody = Static<typeof AcquireBody>;
export type RenewBody = Static<typeof RenewBody>;
export type ReleaseBody = Static<typeof ReleaseBody>;
export type SessionBody = Static<typeof SessionBody>;
export type MetadataBody = Static<typeof MetadataBody>;

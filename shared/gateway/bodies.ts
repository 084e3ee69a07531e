import { type Static, type TSchema, Type } from "typebox";

const hyphenated = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
/** Any of the usual ways to write a UUID: with hyphens, 32 digits, in braces, as a URN (RFC 9562, section 4). */
const uuid = new RegExp(`^(?:${hyphenated}|[0-9a-fA-F]{32}|\\{${hyphenated}\\}|urn:uuid:${hyphenated})$`);
const Uuid = Type.Refine(
  Type.String(),
  (text) => uuid.test(text),
  () => "must be a UUID",
);
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
export const MetadataBody = Type.Object({ lease_id: Uuid, metadata: Type.Union([Type.String(), Type.Null()]) });

export type AcquireBody = Static<typeof AcquireBody>;
export type RenewBody = Static<typeof RenewBody>;
export type ReleaseBody = Static<typeof ReleaseBody>;
export type MetadataBody = Static<typeof MetadataBody>;

/** A UUID in its usual form: lower case, with hyphens. */
export function normalUuid(uuid: string): string {
  const digits = uuid
    .replace("urn:uuid:", "")
    .replace(/[^0-9a-fA-F]/g, "")
    .toLowerCase();
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

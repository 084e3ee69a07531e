import { type Static, Type } from "typebox";
import { RequestId } from "./request-id.js";

const TextOrNull = Type.Union([Type.String(), Type.Null()]);

/** A lock as its readers see it: the body of `GET /locks/{name}`. */
export const LockStatus = Type.Object({
  name: Type.String(),
  status: Type.Union([Type.Literal("free"), Type.Literal("held")]),
  holder_id: TextOrNull,
  /** 0 while the lock is free. */
  fencing_token: Type.Integer(),
  /** RFC 3339. A lower bound: renewals push it on. */
  expires_at: TextOrNull,
  metadata: TextOrNull,
});
export type LockStatus = Static<typeof LockStatus>;

/** Asks for a lock, as a default read. */
export const GetStatus = Type.Object({ type: Type.Literal("status"), id: RequestId, name: Type.String() });
/** The lock as it is now, as fresh as the master's own answer. */
export const Status = Type.Object({
  type: Type.Literal("status"),
  id: RequestId,
  /** Where the answer came from; `X-Cache` of an HTTP answer. */
  source: Type.Union([Type.Literal("hit"), Type.Literal("miss"), Type.Literal("bypass"), Type.Literal("stale")]),
  epoch: Type.Integer(),
  revision: Type.Integer(),
  ageMs: Type.Integer(),
  lock: LockStatus,
});

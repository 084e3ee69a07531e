import { Type } from "typebox";
import { RequestId } from "./request-id.js";
import { LockStatus } from "./status.js";

/**
 * Watches one lock, or all whose names begin with a prefix: one of the two is named. The request's id is the watch's
 * name on this socket from then on.
 */
export const Watch = Type.Object({
  type: Type.Literal("watch"),
  id: RequestId,
  name: Type.Optional(Type.String()),
  prefix: Type.Optional(Type.String()),
  /** The revision of the last message of an earlier watch: what came since is told instead of a snapshot. */
  after: Type.Optional(Type.Integer({ minimum: 0 })),
});
/**
 * Without `locks`, the watch goes on where it was. With them, they are the state to start from, held locks only. An
 * `error` with the watch's id, now or later, ends it.
 */
export const Watching = Type.Object({
  type: Type.Literal("watching"),
  id: RequestId,
  /** All changes up to here are told. */
  revision: Type.Integer(),
  locks: Type.Optional(Type.Array(LockStatus)),
});

/** Pushed: a lock changed. */
export const WatchEvent = Type.Object({
  type: Type.Literal("event"),
  watch: RequestId,
  /** Others of the same commit follow: `revision` is not yet one to go on after. */
  more: Type.Optional(Type.Boolean()),
  revision: Type.Integer(),
  event: Type.Union([
    Type.Literal("acquired"),
    Type.Literal("renewed"),
    Type.Literal("released"),
    Type.Literal("expired"),
    Type.Literal("metadata"),
  ]),
  lock: LockStatus,
});
/** Pushed: changes were missed that can no longer be told one by one (P11). This is the state to go on from. */
export const WatchResync = Type.Object({
  type: Type.Literal("resync"),
  watch: RequestId,
  revision: Type.Integer(),
  locks: Type.Array(LockStatus),
});

/** Ends a watch. One that is not there is ended already. */
export const Unwatch = Type.Object({ type: Type.Literal("unwatch"), id: RequestId, watch: RequestId });
/** Nothing more is told of it. */
export const Unwatched = Type.Object({ type: Type.Literal("unwatched"), id: RequestId });

import { type Static, Type } from "typebox";
import { Failure } from "./failure.js";
import { GoAway } from "./go-away.js";
import { Welcome } from "./hello.js";
import { AcquireCancelled, Acquired, Delayed, Granted, Held, MetadataSet, Released, Waiting } from "./locks.js";
import { KeptAlive, SessionClosed, SessionGone, SessionOpened, SessionResumed } from "./sessions.js";
import { Status } from "./status.js";
import { Unwatched, WatchEvent, Watching, WatchResync } from "./watches.js";

/** To each request one of these, with the request's id. */
export const ReplyMessage = Type.Union([
  KeptAlive,
  Status,
  Acquired,
  Held,
  Delayed,
  Waiting,
  Released,
  MetadataSet,
  AcquireCancelled,
  SessionOpened,
  SessionResumed,
  SessionClosed,
  Watching,
  Unwatched,
  Welcome,
  Failure,
]);
/** What is said without being asked. */
export const PushMessage = Type.Union([WatchEvent, WatchResync, Granted, SessionGone, GoAway]);

/** What a gateway may say. */
export const DownMessage = Type.Union([ReplyMessage, PushMessage]);
export type ReplyMessage = Static<typeof ReplyMessage>;
export type PushMessage = Static<typeof PushMessage>;
export type DownMessage = Static<typeof DownMessage>;

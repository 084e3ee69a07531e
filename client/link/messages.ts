import type { Static } from "typebox";
import type { Failure } from "../../shared/protocol/session/failure.js";
import type { GoAway } from "../../shared/protocol/session/go-away.js";
import type { Hello, Welcome } from "../../shared/protocol/session/hello.js";
import type * as Locks from "../../shared/protocol/session/locks.js";
import type * as Sessions from "../../shared/protocol/session/sessions.js";
import type { GetStatus, Status } from "../../shared/protocol/session/status.js";
import type * as Watches from "../../shared/protocol/session/watches.js";

/** Each request, without its id, and what it may be answered by unless it fails. */
export interface Exchanges {
  hello: [Unnumbered<Static<typeof Hello>>, Static<typeof Welcome>];
  openSession: [Unnumbered<Static<typeof Sessions.OpenSession>>, Static<typeof Sessions.SessionOpened>];
  resumeSession: [Unnumbered<Static<typeof Sessions.ResumeSession>>, Static<typeof Sessions.SessionResumed>];
  keepAlive: [Unnumbered<Static<typeof Sessions.KeepAlive>>, Static<typeof Sessions.KeptAlive>];
  closeSession: [Unnumbered<Static<typeof Sessions.CloseSession>>, Static<typeof Sessions.SessionClosed>];
  acquire: [Unnumbered<Static<typeof Locks.Acquire>>, AcquireReply];
  cancelAcquire: [Unnumbered<Static<typeof Locks.CancelAcquire>>, CancelReply];
  release: [Unnumbered<Static<typeof Locks.Release>>, Static<typeof Locks.Released>];
  setMetadata: [Unnumbered<Static<typeof Locks.SetMetadata>>, Static<typeof Locks.MetadataSet>];
  status: [Unnumbered<Static<typeof GetStatus>>, Static<typeof Status>];
  watch: [Unnumbered<Static<typeof Watches.Watch>>, Static<typeof Watches.Watching>];
  unwatch: [Unnumbered<Static<typeof Watches.Unwatch>>, Static<typeof Watches.Unwatched>];
}

type Unnumbered<Message> = Omit<Message, "id" | "type">;

export type RequestType = keyof Exchanges;
export type Asked<Type extends RequestType> = Exchanges[Type][0];
export type Reply<Type extends RequestType> = Exchanges[Type][1];

export type AcquiredReply = Static<typeof Locks.Acquired>;
type AcquireReply =
  | AcquiredReply
  | Static<typeof Locks.Held>
  | Static<typeof Locks.Delayed>
  | Static<typeof Locks.Waiting>;
type CancelReply = Static<typeof Locks.AcquireCancelled> | AcquiredReply;

export type Granted = Static<typeof Locks.Granted>;
export type SessionGone = Static<typeof Sessions.SessionGone>;
export type WatchEvent = Static<typeof Watches.WatchEvent>;
export type WatchResync = Static<typeof Watches.WatchResync>;
export type FailureReply = Static<typeof Failure>;

/** What a gateway says unasked. */
export type Push = Granted | SessionGone | WatchEvent | WatchResync | Static<typeof GoAway>;

/** The replies that a request may get; anything else is no answer to it. */
export const REPLIES: { readonly [Type in RequestType]: readonly Reply<Type>["type"][] } = {
  hello: ["welcome"],
  openSession: ["sessionOpened"],
  resumeSession: ["sessionResumed"],
  keepAlive: ["keptAlive"],
  closeSession: ["sessionClosed"],
  acquire: ["acquired", "held", "delayed", "waiting"],
  cancelAcquire: ["acquireCancelled", "acquired"],
  release: ["released"],
  setMetadata: ["metadataSet"],
  status: ["status"],
  watch: ["watching"],
  unwatch: ["unwatched"],
};

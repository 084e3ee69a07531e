import type { Fault } from "../../protocol/errors.js";
import type { LockStatus } from "../../protocol/session/status.js";
import type { Credential } from "../credentials.js";
import type { WatchedEvent } from "./watched-event.js";

/** Exactly one lock, or all whose names begin with a prefix ("" is all). */
export type WatchTarget = { readonly name: string } | { readonly prefix: string };

export interface WatchRequest {
  /** By whose token each push is authorised, when it is made (rule A2). */
  readonly credential: Credential;
  readonly target: WatchTarget;
  /** Go on after this revision, which an earlier watch was told; else begin with a snapshot. */
  readonly after?: number;
}

/** The locks that are held, and the revision up to which all changes are in it. */
export interface WatchState {
  readonly revision: number;
  readonly locks: readonly LockStatus[];
}

/**
 * Who is told. Calls come in order, one at a time, and never from within `open`, `drained` or `close`: first `started`
 * or `ended`, then events and resynchronisations, at last perhaps `ended`. A sink must not throw.
 */
export interface WatchSink {
  /**
   * Whether it takes one more now; asked before each push, and before it is told a state to start from. Once it has
   * said no, the watch is parked until `Watch.drained` is called, and then started, caught up or resynchronised.
   */
  ready(): boolean;
  /** With `locks`: a snapshot. Without: the watch goes on after the revision that was asked for. */
  started(start: { readonly revision: number; readonly locks?: readonly LockStatus[] }): void;
  /** @param more others of the same commit follow: its revision is not yet one to go on after */
  event(event: WatchedEvent, more: boolean): void;
  /** Changes were missed that can no longer be told one by one (P11). This is the state to go on from. */
  resync(state: WatchState): void;
  /**
   * The watch is over: it could not be started (any fault), or its token is not known any more
   * (`authentication_failed`).
   */
  ended(fault: Fault): void;
}

/** A watch that was opened. */
export interface Watch {
  /** The sink takes more again. Harmless at any time. */
  drained(): void;
  /** Ends it; nothing is told any more. Harmless the second time. */
  close(): void;
}

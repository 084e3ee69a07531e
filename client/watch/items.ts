import type { LockStatus } from "../../shared/protocol/session/status.js";
import type { WatchEvent } from "../link/messages.js";

/** A lock as its readers see it. */
export interface LockView {
  readonly name: string;
  readonly status: "free" | "held";
  /** A pseudonym: same holder, same value. Null while the lock is free. */
  readonly holderId: string | null;
  /** 0 while the lock is free. */
  readonly fencingToken: number;
  readonly metadata: string | null;
  /** RFC 3339; a lower bound. Null for a lock without a TTL, and while it is free. */
  readonly expiresAt: string | null;
}

/** A lock changed. `revision` is the cell's number of the change. */
export interface WatchChange {
  readonly type: "change";
  readonly revision: number;
  readonly event: WatchEvent["event"];
  readonly lock: LockView;
}

/**
 * The state to go on from: all watched locks that are held at `revision`, and no others. `snapshot` is the first item
 * of a watch; `resync` says that changes were missed which nobody can tell any more, so what is not in it is gone.
 */
export interface WatchState {
  readonly type: "snapshot" | "resync";
  readonly revision: number;
  readonly locks: readonly LockView[];
}

export type WatchItem = WatchState | WatchChange;

/** What is watched: one lock, or all whose names begin with a prefix. A string is a name, or a prefix if it ends with /. */
export type WatchTarget = string | { readonly name: string } | { readonly prefix: string };

export function targetOf(target: WatchTarget): { readonly name: string } | { readonly prefix: string } {
  if (typeof target !== "string") return target;
  return target === "" || target.endsWith("/") ? { prefix: target } : { name: target };
}

export function viewOf(status: LockStatus): LockView {
  const { name, holder_id: holderId, fencing_token: fencingToken, metadata, expires_at: expiresAt } = status;
  return { name, status: status.status, holderId, fencingToken, metadata, expiresAt };
}

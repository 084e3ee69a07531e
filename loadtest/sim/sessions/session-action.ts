import type { Watched } from "../../check/session-evidence.js";

/** What the program of a session does. Each does nothing where it makes no sense just then. */
export type SessionAction =
  | { readonly kind: "open"; readonly leaseMs: number }
  | {
      readonly kind: "take";
      readonly lock: string;
      readonly wait: boolean;
      readonly metadata: string | null;
      readonly lockDelayMs: number;
    }
  | { readonly kind: "drop"; readonly lock: string }
  | { readonly kind: "mark"; readonly lock: string; readonly metadata: string | null }
  /** Takes a wish for a lock back. */
  | { readonly kind: "giveUp"; readonly lock: string }
  /** Closes the session. */
  | { readonly kind: "leave" }
  /** Closes the client, whatever it has under way. */
  | { readonly kind: "quit" }
  /** As the session's owner, ends it at some door over HTTP; the program is not told. */
  | { readonly kind: "end"; readonly door: string }
  | { readonly kind: "watch"; readonly target: Watched["target"] }
  | { readonly kind: "unwatch" }
  /** Asks who holds a lock. */
  | { readonly kind: "look"; readonly lock: string }
  /** The process is killed, or loses its power; another one begins with the next `open` or `watch`. */
  | { readonly kind: "die"; readonly silently: boolean };

export type SessionStep = SessionAction & { readonly atMs: number; readonly by: string };

/** What a client of sessions over HTTP does, each time at a door of its choice. */
export type HttpSessionStep = { readonly door: string; readonly atMs: number; readonly by: string } & (
  | { readonly kind: "open" | "keepAlive" | "close" }
  | { readonly kind: "take"; readonly lock: string; readonly ttlMs: number }
  | { readonly kind: "drop"; readonly lock: string }
  /** Ends the session of a client of the library, as its owner may; the token that it shows must be that owner's. */
  | { readonly kind: "end"; readonly whose: string }
  /** Takes back, for its own session, the wish of another session of its owner: a wild thing to do. */
  | { readonly kind: "takeBack"; readonly whose: string; readonly lock: string }
);

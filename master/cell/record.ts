import type { SessionRef } from "../../shared/protocol/commands.js";
import type { StoredCommand } from "./old-command.js";

/** Frees a lock whose time is over, and ends a lock delay that is. Nothing else does (rule T1). */
export interface ExpireCommand {
  readonly kind: "expire";
  readonly name: string;
}
/** Makes a token known. */
export interface SetTokenCommand {
  readonly kind: "setToken";
  readonly hash: string;
  readonly principal: string;
}
/** Makes a token worthless. */
export interface RevokeTokenCommand {
  readonly kind: "revokeToken";
  readonly hash: string;
}
/** Begins an epoch (rule E2: synced before anything is granted). */
export interface StartCommand {
  readonly kind: "start";
  readonly epoch: number;
  /** Raises the last fencing token to at least this: a restored backup has given out more than it knows of. */
  readonly fencingTokenAtLeast: number;
}
/** Notes, before the first proxy is counted on, for how long a next master will have to wait (rule E1). */
export interface GrantLeasesCommand {
  readonly kind: "grantLeases";
  readonly proxyLeaseMs: number;
}
/** The last command of a master that stopped in good order. */
export interface CloseCommand {
  readonly kind: "close";
}
/** Ends a session whose client is lost: silent, or not come back in time. Ignored if it was attached anew since (rule S1). */
export interface EndSessionCommand {
  readonly kind: "endSession";
  readonly sessionId: string;
  readonly attachment: number;
}

/** What the cell itself decides to do. */
export type CellCommand =
  | ExpireCommand
  | SetTokenCommand
  | RevokeTokenCommand
  | StartCommand
  | GrantLeasesCommand
  | CloseCommand
  | EndSessionCommand;

/** The session of a write, and how it stood to the sender. */
export type SessionPart = SessionRef & {
  /**
   * Whether the sender held the session's newest attachment when the record was made. Which attachment is the newest
   * is judged when it is applied, by the number; this is for senders who do not know their number, and only spares a
   * round to the holder that is the sender itself.
   */
  readonly boundToSender: boolean;
};

/** Who asks, and what the command may lean on: everything that is chance or setting enters as data. */
export interface ClientPart {
  readonly tokenHash: string;
  readonly session?: SessionPart;
  /** For an acquire that takes the lock, at once or after waiting for it. */
  readonly newLeaseId: string;
  readonly locksPerPrincipal: number;
  /** `request`: fingerprint of the command and of the session's id, without what may differ in a retry (P5). */
  readonly operation?: { readonly id: string; readonly request: string };
}

/** A command as the journal keeps it: applying it again, later, gives the same state and answer. */
export interface CommandRecord {
  /** On the cell's own time (rule T2). */
  readonly timeMs: number;
  readonly wallMs: number;
  readonly command: StoredCommand | CellCommand;
  /** Present for what a client asked for, and only then. */
  readonly client?: ClientPart;
}

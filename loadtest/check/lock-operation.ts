import type { Command } from "../../shared/protocol/commands.js";
import type { ErrorCode } from "../../shared/protocol/errors.js";
import type { TtlCommand } from "../clients/ttl-command.js";
import type { Operation } from "./history.js";

/** What a client asks of a lock. `holderId`: the caller's pseudonym, under which the lock would show it. */
export type LockCall = ((TtlCommand | SessionAcquire) & Caller) | { readonly kind: "read" } | Expiry;

/** Takes a lock that lives with a session, whether or not it has a TTL as well. */
export type SessionAcquire = Extract<Command, { kind: "acquire" }> & { readonly ephemeral: true };

interface Caller {
  readonly holderId: string;
  /** Where the operation ids of a process do not simply count: this operation's, and by whose token it was sent. */
  readonly operationId?: string;
  readonly user?: string;
}

/**
 * That a lock may have come free by itself from the call of the operation on. Nobody records it; see
 * `withExpiries`.
 */
export interface Expiry {
  readonly kind: "expire";
}

/** What a read shows of a held lock. */
export interface ShownLock {
  readonly holderId: string;
  readonly fencingToken: number;
  readonly metadata: string | null;
  /** On the master's wall clock; null for a lock that lives with a session. Left out where nobody looked. */
  readonly expiresAtWallMs?: number | null;
}

/** What the cell said: an `Answer` of the protocol, or what was read. Only what the validators look at. */
export type LockResult =
  | {
      readonly status: "acquired";
      readonly leaseId: string;
      readonly fencingToken: number;
      readonly metadata: string | null;
      readonly expiresAtWallMs?: number | null;
    }
  | { readonly status: "renewed"; readonly expiresAtWallMs?: number }
  | { readonly status: "held"; readonly holderId: string; readonly metadata: string | null }
  | { readonly status: "delayed" | "released" | "metadataSet" }
  | { readonly status: "refused"; readonly code: ErrorCode | (string & {}) }
  | { readonly status: "read"; readonly lock: ShownLock | null };

/** A command that is tried again under its operation id is one operation, from its first call to its last answer. */
export type LockOperation = Operation<LockCall, LockResult>;

/** `p: acquire → acquired 7 "m"`, less the process. */
export function describeLockOperation({ call, result }: LockOperation): string {
  return `${call.kind}${"metadata" in call && call.metadata !== null ? ` ${JSON.stringify(call.metadata)}` : ""}${
    call.kind === "expire" ? "" : ` → ${result === undefined ? "?" : describeResult(result)}`
  }`;
}

function describeResult(result: LockResult): string {
  switch (result.status) {
    case "acquired":
      return `acquired token ${result.fencingToken}`;
    case "held":
      return `held by ${result.holderId}`;
    case "refused":
      return `refused (${result.code})`;
    case "read":
      if (result.lock === null) return "free";
      return `held by ${result.lock.holderId}, token ${result.lock.fencingToken}, ${JSON.stringify(result.lock.metadata)}`;
    default:
      return result.status;
  }
}

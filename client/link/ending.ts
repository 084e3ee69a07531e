import { CLOSE_CODES } from "../../shared/protocol/session/close-codes.js";
import { OctofleetError } from "../base/error.js";

/**
 * Why a connection ended, and what that says about connecting again: at once, after a while, or never. `lost`: nobody
 * said why, as when a process is killed, and then all its clients come at once.
 */
export interface Ending {
  readonly reconnect: "now" | "lost" | "later" | "never";
  readonly retryAfterMs?: number | undefined;
  /** The same would be said by every gateway: the token is not good. */
  readonly everywhere: boolean;
  readonly error: OctofleetError;
}

/** A hint within the reason of a close, since a close has no other place for it. */
const HINT = /(\d+) ms/;

/** What a close code says. */
export function endingOf(code: number, reason: string, url: string): Ending {
  const kind = Object.values(CLOSE_CODES).find((each) => each.code === code);
  const hint = HINT.exec(reason)?.[1];
  const retryAfterMs = hint === undefined ? undefined : Number(hint);
  if (kind === undefined) return lost(url, reason);
  const everywhere = code === CLOSE_CODES.unauthenticated.code;
  const error = everywhere
    ? new OctofleetError("authentication_failed", reason || kind.reason)
    : new OctofleetError("upstream_unavailable", `${url}: ${reason || kind.reason}`, {
        retry: kind.reconnect === "never" ? "never" : "later",
      });
  return { reconnect: kind.reconnect, retryAfterMs, everywhere, error };
}

/** A connection of which nothing more is known than that it is no more. */
export function lost(url: string, why = ""): Ending {
  const details = why === "" ? "the connection was lost" : why;
  return {
    reconnect: "lost",
    everywhere: false,
    error: new OctofleetError("upstream_unavailable", `${url}: ${details}.`),
  };
}

/** A hello that was refused. */
export function refused(error: OctofleetError): Ending {
  const everywhere = error.code === "authentication_required" || error.code === "authentication_failed";
  const reconnect = error.retry === "later" ? "later" : "never";
  return { reconnect, retryAfterMs: error.retryAfterMs, everywhere, error };
}

import { Fault } from "../protocol/errors.js";
import { isUuid, uuidDigits } from "./uuids.js";

export const SESSIONS_PREFIX = "/sessions/";
const KEEP_ALIVE = "/keepalive";

/** The methods that a path under `/sessions/` takes; none if there is nothing under it. */
export function sessionMethods(path: string): string[] {
  const id = rawId(path);
  if (id === "" || id.includes("/")) return [];
  return path.endsWith(KEEP_ALIVE) ? ["POST"] : ["GET", "HEAD", "DELETE"];
}

/**
 * The id of the session that a path names, as the cell has it: 32 digits. Clients may write it like any UUID.
 * @throws Fault invalid_input
 */
export function sessionTarget(path: string): string {
  const id = decoded(rawId(path));
  if (id === undefined || !isUuid(id)) throw new Fault("invalid_input", "The session's id in the address is no UUID.");
  return uuidDigits(id);
}

function rawId(path: string): string {
  return path.slice(SESSIONS_PREFIX.length, path.endsWith(KEEP_ALIVE) ? -KEEP_ALIVE.length : path.length);
}

function decoded(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

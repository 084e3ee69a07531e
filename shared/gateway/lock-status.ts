import type { Entry, LockEntry } from "../protocol/entries.js";
import { parseKey } from "../protocol/keys.js";
import type { LockStatus } from "../protocol/session/status.js";
import { timestampOrNull } from "./timestamps.js";

export function heldStatus(lock: LockEntry): LockStatus {
  return {
    name: lock.name,
    status: "held",
    holder_id: lock.holderId,
    fencing_token: lock.fencingToken,
    expires_at: timestampOrNull(lock.expiresAtWallMs),
    metadata: lock.metadata,
  };
}

const freeStatus = (name: string): LockStatus => ({
  name,
  status: "free",
  holder_id: null,
  fencing_token: 0,
  expires_at: null,
  metadata: null,
});

/** The status of the lock that an entry tells of. @throws Error if it tells of none: a bug of the service. */
export function lockStatus(entry: Entry): LockStatus {
  if (entry.value?.kind === "lock") return heldStatus(entry.value);
  const key = parseKey(entry.key);
  if (entry.value !== null || key?.kind !== "lock") throw new Error(`the entry under ${entry.key} is no lock`);
  return freeStatus(key.rest);
}

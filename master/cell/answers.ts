import type { Acquired, Answer } from "../../shared/protocol/commands.js";
import { holderIdOf } from "../../shared/protocol/tokens.js";
import type { CommandRecord } from "./record.js";
import type { Cooling, Lock } from "./state.js";

/** When to ask again for a lock of which nobody knows how long it will be held. */
const RETRY_UNTIMED_MS = 1_000;

/** Who holds a lock: the session of an ephemeral one, else the principal. */
export const holderOf = ({ ephemeral, sessionId, principal }: Pick<Lock, "ephemeral" | "sessionId" | "principal">) =>
  ephemeral ? `session/${sessionId}` : principal;

export const acquiredAnswer = (lock: Lock, record: CommandRecord): Acquired => ({
  status: "acquired",
  leaseId: lock.leaseId,
  fencingToken: lock.fencingToken,
  expiresAtWallMs: lock.expiresAtWallMs,
  renewAfterMs: lock.expiresAtMs === null ? null : halfOfWhatIsLeft(lock.expiresAtMs, record),
  metadata: lock.metadata,
});

export const heldAnswer = (lock: Lock, record: CommandRecord): Answer => ({
  status: "held",
  holderId: holderIdOf(holderOf(lock)),
  expiresAtWallMs: lock.expiresAtWallMs,
  retryAfterMs: lock.expiresAtMs === null ? RETRY_UNTIMED_MS : whatIsLeft(lock.expiresAtMs, record),
  metadata: lock.metadata,
});

export const delayedAnswer = ({ untilMs, untilWallMs, lockDelayMs }: Cooling, record: CommandRecord): Answer => ({
  status: "delayed",
  availableAtWallMs: untilWallMs,
  lockDelayMs,
  retryAfterMs: whatIsLeft(untilMs, record),
});

export const halfOfWhatIsLeft = (untilMs: number, record: CommandRecord): number =>
  Math.floor((untilMs - record.timeMs) / 2);

const whatIsLeft = (untilMs: number, record: CommandRecord): number => Math.max(0, Math.ceil(untilMs - record.timeMs));

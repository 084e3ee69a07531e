import { LIMITS } from "../../../shared/protocol/limits.js";
import { brokenFencing } from "../../check/fencing.js";
import type { LockOperation } from "../../check/lock-operation.js";
import { brokenExclusion } from "../../check/mutual-exclusion.js";
import type { Held } from "./holder-messages.js";

/** Promises P1 and P2, judged by what the clients believed: a sentence for each two that held a lock at once, and each token out of order. */
export function brokenPromises(held: readonly Held[]): { doubleHolders: string[]; fencing: string[] } {
  const history = held.map(operationOf);
  return { doubleHolders: brokenExclusion(history), fencing: brokenFencing(history) };
}

/** As if the lock had a time to live that ended when its holder was last seen to hold it. */
function operationOf({ name, sessionId, fencingToken, askedMs, grantedMs, lastHeldMs }: Held): LockOperation {
  const ttlMs = (lastHeldMs - askedMs) / LIMITS.driftFactor;
  const way = { lockDelayMs: 0, delayOnRelease: false, ephemeral: true, wait: false };
  return {
    process: sessionId,
    key: name,
    call: { kind: "acquire", name, holderId: sessionId, ttlMs, metadata: null, ...way },
    result: { status: "acquired", leaseId: `${sessionId} ${fencingToken}`, fencingToken, metadata: null },
    invokedAtMs: askedMs,
    returnedAtMs: grantedMs,
  };
}

import { lockKey } from "../../../shared/protocol/keys.js";
import { brokenFencing } from "../../check/fencing.js";
import type { LockOperation } from "../../check/lock-operation.js";
import { brokenExclusion } from "../../check/mutual-exclusion.js";
import type { Held } from "./holder-messages.js";

/** Promises P1 and P2, judged by what the clients believed: a sentence for each two that held a lock at once, and each token out of order. */
export function brokenPromises(held: readonly Held[]): { doubleHolders: string[]; fencing: string[] } {
  const history = held.map(operationOf);
  const spans = held.map(({ name, sessionId, fencingToken, grantedMs, lastHeldMs }) => {
    return { lock: name, client: sessionId, fencingToken, fromMs: grantedMs, untilMs: lastHeldMs };
  });
  return { doubleHolders: brokenExclusion(history, spans), fencing: brokenFencing(history) };
}

function operationOf({ name, sessionId, fencingToken, askedMs, grantedMs }: Held): LockOperation {
  const way = { ttlMs: null, lockDelayMs: 0, delayOnRelease: false, ephemeral: true, wait: false } as const;
  return {
    process: sessionId,
    key: lockKey(name),
    call: { kind: "acquire", name, holderId: sessionId, metadata: null, ...way },
    result: { status: "acquired", leaseId: `${sessionId} ${fencingToken}`, fencingToken, metadata: null },
    invokedAtMs: askedMs,
    returnedAtMs: grantedMs,
  };
}

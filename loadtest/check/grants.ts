import { byKey } from "./history.js";
import type { LockOperation } from "./lock-operation.js";

/** That a lock was given to somebody, once. It happened between the two instants. */
export interface Grant {
  readonly key: string;
  readonly holderId: string;
  readonly leaseId: string;
  readonly fencingToken: number;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number;
}

type AcquireCall = Extract<LockOperation["call"], { kind: "acquire" }>;
export type AcquireOperation = LockOperation & { readonly call: AcquireCall };

export const isAcquire = (operation: LockOperation): operation is AcquireOperation => operation.call.kind === "acquire";

/**
 * The grants that the clients were told of. A holder that acquires again is told of the same grant again,
 * and the grant may be the doing of an earlier acquire whose answer was lost: so it was made after the first
 * of all these calls, and before the first answer that names it.
 */
export function grantsOf(history: readonly LockOperation[]): Grant[] {
  return [...byKey(history).values()].flatMap((operations) => grantsOfKey(operations.filter(isAcquire)));
}

function grantsOfKey(acquires: readonly AcquireOperation[]): Grant[] {
  const grants = new Map<string, Grant>();
  for (const { key, call, result, invokedAtMs, returnedAtMs } of acquires) {
    if (result?.status !== "acquired") continue;
    const { leaseId, fencingToken } = result;
    const known = grants.get(`${leaseId} ${fencingToken}`);
    grants.set(`${leaseId} ${fencingToken}`, {
      key,
      holderId: call.holderId,
      leaseId,
      fencingToken,
      invokedAtMs: Math.min(invokedAtMs, known?.invokedAtMs ?? firstUnanswered(acquires, call.holderId)),
      returnedAtMs: Math.min(returnedAtMs, known?.returnedAtMs ?? Number.POSITIVE_INFINITY),
    });
  }
  return [...grants.values()];
}

function firstUnanswered(acquires: readonly AcquireOperation[], holderId: string): number {
  const unanswered = acquires.filter(({ call, result }) => result === undefined && call.holderId === holderId);
  return Math.min(...unanswered.map(({ invokedAtMs }) => invokedAtMs));
}

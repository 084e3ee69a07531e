import { lockKey } from "../../shared/protocol/keys.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { byKey } from "./history.js";
import type { LockOperation } from "./lock-operation.js";
import type { HeldSpan } from "./session-evidence.js";

/** A time in which a client, by its own count, holds a lock. */
interface Belief {
  readonly holderId: string;
  readonly leaseId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const INSTANT_MS = 1e-6;

/**
 * P1: at no instant do two clients whose own lease is running both hold the same lock. One sentence for each
 * two that did.
 *
 * A client holds from the answer that gave or renewed its lease until it sends a release; or until the time
 * to live has passed, counted from when it asked, less the drift, for each renewal that may count by then. A lock of a
 * session is held while its client's library says so.
 */
export function brokenExclusion(history: readonly LockOperation[], held: readonly HeldSpan[] = []): string[] {
  return [...byKey(history)].flatMap(([key, operations]) => {
    const ofTtl = operations.flatMap((operation) => beliefOf(operation, operations) ?? []);
    const beliefs = [...ofTtl, ...held.filter(({ lock }) => lockKey(lock) === key).map(beliefIn)];
    return overlaps(beliefs).map(
      ([one, other]) =>
        `${one.holderId} and ${other.holderId} both held ${key} at ${other.fromMs} ms, by leases ${one.leaseId} and ${other.leaseId}.`,
    );
  });
}

const beliefIn = ({ client, fencingToken, fromMs, untilMs }: HeldSpan): Belief => ({
  holderId: client,
  leaseId: `token ${fencingToken}`,
  fromMs,
  // Seen at an instant, and then not any more: it was held at that instant all the same.
  toMs: Math.max(untilMs, fromMs + INSTANT_MS),
});

function beliefOf(operation: LockOperation, operations: readonly LockOperation[]): Belief | undefined {
  const { call, result, returnedAtMs } = operation;
  if ((call.kind !== "acquire" && call.kind !== "renew") || isOfSession(operation, operations)) return undefined;
  const leaseId = call.kind === "renew" ? call.leaseId : result?.status === "acquired" ? result.leaseId : undefined;
  if (leaseId === undefined || (result?.status !== "acquired" && result?.status !== "renewed")) return undefined;
  const ends = operations.flatMap((other) => endBy(other, leaseId, operation));
  return { holderId: call.holderId, leaseId, fromMs: returnedAtMs, toMs: Math.min(leaseEnd(operation), ...ends) };
}

/** When the lease that `operation` gave ends because of another operation: a release, or a renewal that may be shorter. */
function endBy(other: LockOperation, leaseId: string, operation: LockOperation): number[] {
  const { call, result, invokedAtMs, returnedAtMs } = other;
  if (other === operation || !("leaseId" in call) || call.leaseId !== leaseId || result?.status === "refused")
    return [];
  if (call.kind === "release") return [invokedAtMs];
  if (call.kind === "renew" && returnedAtMs >= operation.invokedAtMs) return [leaseEnd(other)];
  return [];
}

/** What a session holds, it does not hold by its TTL alone. */
function isOfSession({ call }: LockOperation, operations: readonly LockOperation[]): boolean {
  if (call.kind === "acquire") return call.ephemeral;
  return operations.some((other) => other.call.kind === "acquire" && other.call.ephemeral && isLeaseOf(other, call));
}

const isLeaseOf = ({ result }: LockOperation, call: LockOperation["call"]): boolean =>
  result?.status === "acquired" && "leaseId" in call && result.leaseId === call.leaseId;

function leaseEnd({ call, invokedAtMs }: LockOperation): number {
  return "ttlMs" in call && call.ttlMs !== null ? invokedAtMs + call.ttlMs * LIMITS.driftFactor : invokedAtMs;
}

/** Pairs of beliefs under different leases that meet. */
function overlaps(beliefs: readonly Belief[]): (readonly [Belief, Belief])[] {
  const running: Belief[] = [];
  const found: (readonly [Belief, Belief])[] = [];
  for (const belief of beliefs.filter(({ fromMs, toMs }) => fromMs < toMs).sort((a, b) => a.fromMs - b.fromMs)) {
    const still = running.splice(0).filter(({ toMs }) => toMs > belief.fromMs);
    found.push(...still.filter(({ leaseId }) => leaseId !== belief.leaseId).map((other) => [other, belief] as const));
    running.push(...still, belief);
  }
  return found;
}

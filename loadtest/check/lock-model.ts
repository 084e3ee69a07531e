import { LIMITS } from "../../shared/protocol/limits.js";
import type { LockCall, LockOperation, LockResult, ShownLock } from "./lock-operation.js";
import { describeLockOperation } from "./lock-operation.js";
import type { Model } from "./model.js";

/** A lock as its clients could see it. */
export interface LockState {
  readonly held: HeldLock | null;
  /** The newest token that was seen. A later grant has a larger one. */
  readonly lastFencingToken: number;
  /** When free: not to be had before this, for its lock delay. 0: there is no delay. */
  readonly closedUntilMs: number;
}

interface HeldLock {
  readonly holderId: string;
  /** Null: the answer to the acquire is unknown, and nobody has seen it since. */
  readonly leaseId: string | null;
  readonly fencingToken: number | null;
  readonly metadata: string | null;
  readonly lockDelayMs: number;
  /** The lock does not expire before this. */
  readonly expiresFromMs: number;
  /** It lives with a session, and may come free with that at any time. */
  readonly ephemeral: boolean;
}

/** No sooner than this has a time run out that began after `sinceMs`, whatever clock the cell counts it on. */
const atLeastUntil = (sinceMs: number, timeMs: number): number => sinceMs + timeMs * LIMITS.driftFactor;

/** When a lock may come free by itself at the earliest, if this set its time. */
function expiresFrom(call: Call<"acquire" | "renew">, invokedAtMs: number): number {
  const isOfSession = call.kind === "acquire" && call.ephemeral;
  return isOfSession || call.ttlMs === null ? invokedAtMs : atLeastUntil(invokedAtMs, call.ttlMs);
}

/**
 * One lock, with everything that P3 promises of it: who holds it, under which token, with which metadata.
 *
 * Times are those of the recorder. A command takes effect after its call and before its return, so what
 * lasts from then on lasts at least from the call, and what must be over is over at the return at the
 * latest; no limit of this model is stricter than that, and none can refuse what a sound cell did.
 * There is no latest time for an expiry or for the end of a lock delay: a cell may be late.
 */
export const lockModel: Model<LockState, LockCall, LockResult> = {
  initial: { held: null, lastFencingToken: 0, closedUntilMs: 0 },
  step(state, operation) {
    const { call, result } = operation;
    if (result?.status === "refused" && result.code !== "lease_not_current") return state;
    switch (call.kind) {
      case "acquire":
        return acquire(state, operation, call);
      case "renew":
      case "release":
      case "setMetadata":
        return changeOwn(state, operation, call);
      case "read":
        return read(state, result);
      case "expire":
        return expire(state, operation);
    }
  },
  isRead: ({ kind }) => kind === "read",
  describe: describeLockOperation,
};

type Call<K extends LockCall["kind"]> = Extract<LockCall, { kind: K }>;

function acquire(state: LockState, operation: LockOperation, call: Call<"acquire">): LockState | undefined {
  const { result, invokedAtMs, returnedAtMs } = operation;
  const { held } = state;
  if (result?.status === "delayed") return held === null && state.closedUntilMs > 0 ? state : undefined;
  if (result?.status === "held") {
    const fits = held !== null && held.holderId === result.holderId && held.holderId !== call.holderId;
    return fits && held.metadata === result.metadata ? state : undefined;
  }
  const expiresFromMs = expiresFrom(call, invokedAtMs);
  if (held === null) {
    if (returnedAtMs < state.closedUntilMs) return undefined;
    const { holderId, metadata, lockDelayMs, ephemeral } = call;
    const granted = { holderId, leaseId: null, fencingToken: null, metadata, lockDelayMs, expiresFromMs, ephemeral };
    return acquired({ ...state, held: granted, closedUntilMs: 0 }, result);
  }
  if (held.holderId !== call.holderId) return undefined;
  const prolonged = { ...held, expiresFromMs: Math.max(held.expiresFromMs, expiresFromMs) };
  return acquired({ ...state, held: prolonged }, result);
}

/** The answer to an acquire names lease and token: those of the lock, or, if nobody knew them yet, from now on. */
function acquired(state: LockState, result: LockResult | undefined): LockState | undefined {
  if (result === undefined) return state;
  if (result.status !== "acquired" || state.held?.metadata !== result.metadata) return undefined;
  const leaseId = state.held.leaseId ?? result.leaseId;
  if (leaseId !== result.leaseId) return undefined;
  return withToken({ ...state, held: { ...state.held, leaseId } }, result.fencingToken);
}

function withToken(state: LockState, fencingToken: number): LockState | undefined {
  const { held } = state;
  if (held === null) return undefined;
  if (held.fencingToken !== null) return held.fencingToken === fencingToken ? state : undefined;
  if (fencingToken <= state.lastFencingToken) return undefined;
  return { ...state, held: { ...held, fencingToken }, lastFencingToken: fencingToken };
}

function changeOwn(
  state: LockState,
  operation: LockOperation,
  call: Call<"renew" | "release" | "setMetadata">,
): LockState | undefined {
  const { result, invokedAtMs } = operation;
  const held = ownedBy(state, call);
  if (result?.status === "refused") return held === undefined || held.leaseId === null ? state : undefined;
  if (held === undefined) return undefined;
  const known = { ...held, leaseId: call.leaseId };
  switch (call.kind) {
    case "renew":
      if (held.ephemeral) return { ...state, held: known };
      return { ...state, held: { ...known, expiresFromMs: atLeastUntil(invokedAtMs, call.ttlMs) } };
    case "release":
      return held.ephemeral ? { ...state, held: null, closedUntilMs: 0 } : freed(state, held, invokedAtMs);
    case "setMetadata":
      return { ...state, held: { ...known, metadata: call.metadata } };
  }
}

/** The lock, if it may be held by the caller under the lease that it names. */
function ownedBy({ held }: LockState, call: { holderId: string; leaseId: string }): HeldLock | undefined {
  if (held?.holderId !== call.holderId) return undefined;
  return held.leaseId === null || held.leaseId === call.leaseId ? held : undefined;
}

function read(state: LockState, result: LockResult | undefined): LockState | undefined {
  if (result === undefined) return state;
  const shown: ShownLock | null | undefined = result.status === "read" ? result.lock : undefined;
  if (shown === undefined) return undefined;
  if (shown === null || state.held === null) return shown === state.held ? state : undefined;
  if (shown.holderId !== state.held.holderId || shown.metadata !== state.held.metadata) return undefined;
  return withToken(state, shown.fencingToken);
}

/** Each expiry belongs to the operation that set its time. */
function expire(state: LockState, { invokedAtMs }: LockOperation): LockState | undefined {
  if (state.held?.expiresFromMs !== invokedAtMs) return undefined;
  // With its session, at a time that nobody knows: the delay may have begun, and be over.
  if (state.held.ephemeral) {
    return { ...state, held: null, closedUntilMs: state.held.lockDelayMs === 0 ? 0 : Number.MIN_VALUE };
  }
  return freed(state, state.held, invokedAtMs);
}

function freed(state: LockState, held: HeldLock, sinceMs: number): LockState {
  const closedUntilMs = held.lockDelayMs === 0 ? 0 : atLeastUntil(sinceMs, held.lockDelayMs);
  return { ...state, held: null, closedUntilMs };
}

/**
 * The history with the expiries in it that nobody saw: for each operation that may have set the expiry of a
 * lock, an operation of unknown outcome (so it may happen late, or never) called when that time is over at
 * the earliest.
 */
export function withExpiries(history: readonly LockOperation[]): LockOperation[] {
  const expiries = history.flatMap(({ key, call, result, invokedAtMs }): LockOperation[] => {
    if (call.kind !== "acquire" && call.kind !== "renew") return [];
    if (result !== undefined && result.status !== "acquired" && result.status !== "renewed") return [];
    const fromMs = expiresFrom(call, invokedAtMs);
    const expiry = { kind: "expire" } as const;
    return [
      {
        process: "cell",
        key,
        call: expiry,
        result: undefined,
        invokedAtMs: fromMs,
        returnedAtMs: Number.POSITIVE_INFINITY,
      },
    ];
  });
  return [...history, ...expiries];
}

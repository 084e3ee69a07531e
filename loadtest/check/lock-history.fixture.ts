import { type TtlAcquire, type TtlCommand, ttlAcquire } from "../clients/ttl-command.js";
import type { LockOperation, LockResult } from "./lock-operation.js";

type Span = readonly [invokedAtMs: number, returnedAtMs: number];

const UNANSWERED = Number.POSITIVE_INFINITY;

/** Writes histories of one lock by hand. Whoever calls is its own holder; a lease is named after lock and token. */
export const by = (process: string, key = "lock/a") => {
  const name = key.slice("lock/".length);
  const lease = (token: number) => ({ name, leaseId: `${name}-${token}` });
  const command = (command: TtlCommand, result: LockResult, [invokedAtMs, returnedAtMs]: Span): LockOperation => ({
    process,
    key,
    call: { ...command, holderId: process },
    result: returnedAtMs === UNANSWERED ? undefined : result,
    invokedAtMs,
    returnedAtMs,
  });
  const read = (lock: { by: string; token: number; metadata?: string } | null, span: Span): LockOperation => ({
    process,
    key,
    call: { kind: "read" },
    result: {
      status: "read",
      lock: lock && { holderId: lock.by, fencingToken: lock.token, metadata: lock.metadata ?? null },
    },
    invokedAtMs: span[0],
    returnedAtMs: span[1],
  });
  const ask = (span: Span, result: LockResult, options: Partial<TtlAcquire> = {}) =>
    command(ttlAcquire(name, { ttlMs: 60_000, ...options }), result, span);
  const refused: LockResult = { status: "refused", code: "lease_not_current" };
  return {
    acquired: (token: number, span: Span, { shown, ...options }: AcquireOptions = {}) =>
      ask(
        span,
        {
          status: "acquired",
          leaseId: `${name}-${token}`,
          fencingToken: token,
          metadata: shown ?? options.metadata ?? null,
        },
        options,
      ),
    heldBy: (holderId: string, span: Span, metadata: string | null = null) =>
      ask(span, { status: "held", holderId, metadata }),
    delayed: (span: Span) => ask(span, { status: "delayed" }),
    renewed: (token: number, ttlMs: number, span: Span) =>
      command({ kind: "renew", ...lease(token), ttlMs }, { status: "renewed" }, span),
    renewalRefused: (token: number, span: Span) =>
      command({ kind: "renew", ...lease(token), ttlMs: 60_000 }, refused, span),
    released: (token: number, span: Span) =>
      command({ kind: "release", ...lease(token) }, { status: "released" }, span),
    releaseRefused: (token: number, span: Span) => command({ kind: "release", ...lease(token) }, refused, span),
    metadataSet: (token: number, metadata: string, span: Span) =>
      command({ kind: "setMetadata", ...lease(token), metadata }, { status: "metadataSet" }, span),
    readFree: (span: Span) => read(null, span),
    readHeld: (lock: { by: string; token: number; metadata?: string }, span: Span) => read(lock, span),
    limited: (span: Span) => ask(span, { status: "refused", code: "lock_limit_exceeded" }),
  };
};

interface AcquireOptions {
  readonly ttlMs?: number;
  readonly metadata?: string;
  readonly lockDelayMs?: number;
  /** The metadata that the answer shows, where it is not what was asked for. */
  readonly shown?: string;
}

import { ERRORS, type ErrorCode } from "../../shared/protocol/errors.js";

/** Whether to try again: never as it is, after a while, or with a new session. */
export type RetryAdvice = (typeof ERRORS)[ErrorCode]["retry"];

export interface OctofleetErrorOptions {
  /** In place of the code's usual advice. */
  readonly retry?: RetryAdvice;
  /** Not before so many ms have passed. */
  readonly retryAfterMs?: number | undefined;
}

/** What the client rejects with, beside the reasons of aborted signals. `message` is a sentence for people. */
export class OctofleetError extends Error {
  override readonly name: string = "OctofleetError";
  /** Of the cell's one table of errors. */
  readonly code: ErrorCode;
  readonly retry: RetryAdvice;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: OctofleetErrorOptions = {}) {
    super(message);
    this.code = code;
    this.retry = options.retry ?? ERRORS[code].retry;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Somebody else has the lock, or its last holder was lost and its lock delay runs. */
export class LockHeldError extends OctofleetError {
  override readonly name = "LockHeldError";
  /** Null while the lock delay runs. */
  readonly holderId: string | null;
  readonly metadata: string | null;

  constructor(message: string, about: { holderId: string | null; metadata: string | null; retryAfterMs: number }) {
    super("conflict", message, { retry: "later", retryAfterMs: about.retryAfterMs });
    this.holderId = about.holderId;
    this.metadata = about.metadata;
  }
}

/** No reply came: what was asked may have been done or not. Never leaves the client. */
export class NoReply extends Error {
  override readonly name = "NoReply";
}

/** A failure as the cell sent it. A code that is newer than this client keeps its sentence and its hint. */
export function errorFrom(failure: { code: string; details: string; retryAfterMs?: number }): OctofleetError {
  const { code, details, retryAfterMs } = failure;
  if (Object.hasOwn(ERRORS, code)) return new OctofleetError(code as ErrorCode, details, { retryAfterMs });
  const retry = retryAfterMs === undefined ? "never" : "later";
  return new OctofleetError("internal_error", `${code}: ${details}`, { retry, retryAfterMs });
}

/** Whether the same may be tried again by itself, later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof NoReply || (error instanceof OctofleetError && error.retry === "later");

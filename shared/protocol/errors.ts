/**
 * The one table of errors. A fault has a code of this table wherever it travels: over HTTP, on a
 * WebSocket, on the link between proxy and master. The codes up to `internal_error` are OctoStore's
 * stable registry; the rest are the cell's own.
 *
 * `retry` is advice to whoever meets it: never as it is, after a while, with a new session, or at once
 * after registering anew (`register`: proxies only).
 */
export const ERRORS = {
  authentication_required: { httpStatus: 401, retry: "never", title: "Bearer token required" },
  authentication_failed: { httpStatus: 401, retry: "never", title: "Authentication failed" },
  forbidden: { httpStatus: 403, retry: "never", title: "Forbidden" },
  invalid_input: { httpStatus: 400, retry: "never", title: "Invalid input" },
  invalid_ttl: { httpStatus: 400, retry: "never", title: "Invalid TTL" },
  invalid_lock_name: { httpStatus: 400, retry: "never", title: "Invalid lock name" },
  not_found: { httpStatus: 404, retry: "never", title: "Not found" },
  session_expired: { httpStatus: 410, retry: "newSession", title: "Session expired" },
  lease_not_current: { httpStatus: 400, retry: "never", title: "Lease is not current" },
  conflict: { httpStatus: 409, retry: "never", title: "Conflict" },
  capacity_exceeded: { httpStatus: 409, retry: "later", title: "Capacity exceeded" },
  lock_limit_exceeded: { httpStatus: 403, retry: "never", title: "Lock limit exceeded" },
  rate_limited: { httpStatus: 429, retry: "later", title: "Too many requests" },
  upstream_unavailable: { httpStatus: 502, retry: "later", title: "Master unavailable" },
  internal_error: { httpStatus: 500, retry: "later", title: "Internal error" },

  overloaded: { httpStatus: 503, retry: "later", title: "Not answering just now" },
  shutting_down: { httpStatus: 503, retry: "later", title: "Shutting down" },
  epoch_changed: { httpStatus: 409, retry: "register", title: "The master has a new epoch" },
  lease_expired: { httpStatus: 409, retry: "register", title: "The proxy's lease has run out" },
} as const satisfies Record<string, ErrorKind>;

interface ErrorKind {
  readonly httpStatus: number;
  readonly retry: "never" | "later" | "newSession" | "register";
  readonly title: string;
}

export type ErrorCode = keyof typeof ERRORS;

/** What a fault may carry beside its code. */
export interface FaultOptions {
  /** For the cases where one code has two statuses (`lease_not_current`, `invalid_input`). */
  readonly httpStatus?: number;
  /** Sent as `retry_after_ms` and, in whole seconds rounded up, as `Retry-After`. */
  readonly retryAfterMs?: number;
}

/** An operating error that has a place in the table. `message` is a sentence for people: what was wrong and what to do. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: ErrorCode;
  readonly httpStatus: number;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, details: string, options: FaultOptions = {}) {
    super(details);
    this.code = code;
    this.httpStatus = options.httpStatus ?? ERRORS[code].httpStatus;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Any thrown thing as a fault. What is not a fault already is `internal_error`, and its text is not shown to users. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  return new Fault("internal_error", "Something went wrong here; the log has the details under this request id.");
}

import { LOCKS_PREFIX, lockMethods, streamOf, type Verb, verbOf } from "./lock-path.js";
import type { Operation } from "./metrics.js";
import { SESSIONS_PREFIX, sessionMethods } from "./session-path.js";

const READ = ["GET", "HEAD"];

/** Addresses without anything of the caller's in them: what they take, and what that counts as. */
const FIXED: ReadonlyMap<string, { readonly methods: readonly string[]; readonly operation: Operation }> = new Map([
  ["/locks", { methods: READ, operation: "list" }],
  ["/events", { methods: READ, operation: "watch" }],
  ["/proxies", { methods: READ, operation: "proxies" }],
  ["/sessions", { methods: ["POST"], operation: "open_session" }],
  ["/health", { methods: READ, operation: "health" }],
  ["/readyz", { methods: READ, operation: "readyz" }],
  ["/metrics", { methods: READ, operation: "other" }],
]);

const VERB_OPERATIONS: Readonly<Record<Verb, Operation>> = {
  acquire: "acquire",
  renew: "renew",
  release: "release",
  metadata: "set_metadata",
};

const SESSION_OPERATIONS: Readonly<Record<string, Operation>> = {
  GET: "show_session",
  HEAD: "show_session",
  POST: "keepalive",
  DELETE: "close_session",
};

/** The methods that a path takes; none if there is nothing under it. */
export function methodsOf(path: string): readonly string[] {
  if (path.startsWith(LOCKS_PREFIX)) return lockMethods(path);
  if (path.startsWith(SESSIONS_PREFIX)) return sessionMethods(path);
  return FIXED.get(path)?.methods ?? [];
}

/** What a request counts as. */
export function operationOf(method: string, path: string): Operation {
  const fixed = FIXED.get(path);
  if (fixed !== undefined) return fixed.methods.includes(method) ? fixed.operation : "other";
  if (path.startsWith(LOCKS_PREFIX) && path !== LOCKS_PREFIX) return lockOperation(method, path);
  const isSession = path.startsWith(SESSIONS_PREFIX) && sessionMethods(path).includes(method);
  return (isSession ? SESSION_OPERATIONS[method] : undefined) ?? "other";
}

function lockOperation(method: string, path: string): Operation {
  if (method === "GET" || method === "HEAD") return streamOf(path) === undefined ? "status" : "watch";
  if (method !== "POST" && method !== "PUT") return "other";
  const verb = verbOf(method, path);
  return verb === undefined ? "other" : VERB_OPERATIONS[verb];
}

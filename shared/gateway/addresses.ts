import { LOCKS_PREFIX, lockMethods, type Verb, verbOf } from "./lock-path.js";
import type { Operation } from "./metrics.js";

/** Addresses without a lock's name in them, and the operations that they count as. */
const FIXED: ReadonlyMap<string, Operation> = new Map([
  ["/locks", "list"],
  ["/health", "health"],
  ["/readyz", "readyz"],
  ["/metrics", "other"],
]);

const VERB_OPERATIONS: Readonly<Record<Verb, Operation>> = {
  acquire: "acquire",
  renew: "renew",
  release: "release",
  metadata: "set_metadata",
};

const isLock = (path: string): boolean => path.startsWith(LOCKS_PREFIX) && path !== LOCKS_PREFIX;

/** The methods that a path takes; none if there is nothing under it. */
export function methodsOf(path: string): string[] {
  if (FIXED.has(path)) return ["GET", "HEAD"];
  return path.startsWith(LOCKS_PREFIX) ? lockMethods(path) : [];
}

/** What a request counts as. */
export function operationOf(method: string, path: string): Operation {
  if (method === "GET" || method === "HEAD") return FIXED.get(path) ?? (isLock(path) ? "status" : "other");
  if ((method !== "POST" && method !== "PUT") || !isLock(path)) return "other";
  const verb = verbOf(method, path);
  return verb === undefined ? "other" : VERB_OPERATIONS[verb];
}

import { Fault } from "../protocol/errors.js";

/** What may stand last in the path of a write, by its method. */
const VERBS = { POST: ["acquire", "renew", "release"], PUT: ["metadata"] } as const;
export type WriteMethod = keyof typeof VERBS;
export type Verb = (typeof VERBS)[WriteMethod][number];

export const LOCKS_PREFIX = "/locks/";

/** The path of a request's target, as it was sent. */
export function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query === -1 ? url : url.slice(0, query);
}

/**
 * The lock's name in a path, from after `/locks/` to `end`. Slashes of the name may be sent as they are or as `%2F`;
 * but an empty part between slashes as they are is no route at all, as at OctoStore.
 * @throws Fault not_found, invalid_input
 */
function decodeLockName(path: string, end = path.length): string {
  const raw = path.slice(LOCKS_PREFIX.length, end);
  if (!path.startsWith(LOCKS_PREFIX) || hasEmptyPart(raw))
    throw new Fault("not_found", "There is nothing under this address.");
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new Fault("invalid_input", "The address has a % that does not begin a UTF-8 character.");
  }
}

const hasEmptyPart = (raw: string): boolean => raw.split("/").includes("");

/** What may stand last in the path of a read, after a lock's name: its changes, told here or as OctoStore does. */
const STREAMS = ["events", "watch"] as const;
export type Stream = (typeof STREAMS)[number];

/** The kind of stream that a read's path asks for. */
export function streamOf(path: string): Stream | undefined {
  const slash = path.lastIndexOf("/");
  if (slash < LOCKS_PREFIX.length) return undefined;
  return STREAMS.find((each) => each === path.slice(slash + 1));
}

/**
 * What a GET's path says. A lock whose own name ends in `/events` or `/watch` is read with that `/` sent as `%2F`.
 * @throws Fault not_found, invalid_input
 */
export function readTarget(path: string): { name: string; stream: Stream | undefined } {
  const stream = streamOf(path);
  return { name: decodeLockName(path, stream === undefined ? path.length : -stream.length - 1), stream };
}

/** What a write's path says. Undefined if no verb of its method stands last. @throws Fault not_found, invalid_input */
export function writeTarget(method: WriteMethod, path: string): { verb: Verb; name: string } | undefined {
  const verb = verbOf(method, path);
  if (verb === undefined) return undefined;
  return { verb, name: decodeLockName(path, -verb.length - 1) };
}

/** The verb at the end of a write's path, after a name. */
export function verbOf(method: WriteMethod, path: string): Verb | undefined {
  const slash = path.lastIndexOf("/");
  if (slash < LOCKS_PREFIX.length) return undefined;
  return VERBS[method].find((each) => each === path.slice(slash + 1));
}

/** The methods that a path under `/locks/` takes; none if there is nothing under it. */
export function lockMethods(path: string): string[] {
  if (hasEmptyPart(path.slice(LOCKS_PREFIX.length))) return [];
  const writes = (Object.keys(VERBS) as WriteMethod[]).filter((method) => verbOf(method, path) !== undefined);
  return ["GET", "HEAD", ...writes];
}

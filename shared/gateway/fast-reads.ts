import type { IncomingMessage, ServerResponse } from "node:http";
import { LRUCache } from "lru-cache";
import { lockKey } from "../protocol/keys.js";
import { isReservedLockName, lockNameFlaw } from "../protocol/lock-name.js";
import { writeAnswer } from "./answers.js";
import type { CellService } from "./cell-service.js";
import { type Credentials, principalOf } from "./credentials.js";
import { LOCKS_PREFIX, readTarget } from "./lock-path.js";
import type { GatewayMetrics } from "./metrics.js";
import { lockAnswer } from "./read-answers.js";

export interface FastReadParts {
  readonly service: CellService;
  readonly credentials: Credentials;
  readonly metrics: GatewayMetrics;
  readonly nextRequestId: () => string;
}

const REMEMBERED_URLS_MAX = 10_000;

/**
 * The read that everybody repeats, `GET /locks/{name}` by bearer token from the cache, answered before the
 * router sees it: routing and reply objects cost as much as everything that such a read has to do.
 *
 * The naive short cut would be a second implementation with rules of its own. So this one only ever answers
 * the plain case, by the very functions that the router's handler uses (credential, entry, answer, writer),
 * and leaves to the router all that is not plain: an error of any kind is not its business.
 *
 * @returns a handler that says whether it has answered
 */
export function fastReads(parts: FastReadParts): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { service, credentials, metrics, nextRequestId } = parts;
  const keys = new LRUCache<string, string>({ max: REMEMBERED_URLS_MAX });

  function keyOf(url: string): string | undefined {
    const known = keys.get(url);
    if (known !== undefined) return known;
    const key = plainKey(url);
    if (key !== undefined) keys.set(url, key);
    return key;
  }

  return (request, response) => {
    if (request.method !== "GET") return false;
    const url = request.url as string;
    if (!url.startsWith(LOCKS_PREFIX)) return false;
    const { headers } = request;
    if (!isPlain(headers)) return false;
    const credential = credentials.bearer(headers.authorization);
    if (credential === undefined) return false;
    const key = keyOf(url);
    if (key === undefined) return false;

    const view = service.readCached([credential.key, key]);
    if (view === undefined || principalOf(credential, view.entries[0]) === undefined) return false;
    const lock = view.entries[1];
    if (lock === undefined) return false;
    writeAnswer(response, nextRequestId(), lockAnswer(view, lock));
    metrics.answered("status", 200);
    metrics.read(view.source);
    return true;
  };
}

/** Whether no header changes what the answer must be. */
function isPlain(headers: IncomingMessage["headers"]): boolean {
  return (
    headers["cache-control"] === undefined &&
    headers["if-none-match"] === undefined &&
    headers["x-admin-key"] === undefined &&
    headers["x-octostore-admin-key"] === undefined &&
    headers.origin === undefined
  );
}

/** The key of the lock that a target names, if a router would read it. One with a query names none: ? is in no name. */
function plainKey(url: string): string | undefined {
  try {
    const { name, stream } = readTarget(url);
    if (stream !== undefined) return undefined;
    return lockNameFlaw(name) === undefined && !isReservedLockName(name) ? lockKey(name) : undefined;
  } catch {
    return undefined;
  }
}

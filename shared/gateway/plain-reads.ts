import type { IncomingMessage, ServerResponse } from "node:http";
import { LRUCache } from "lru-cache";
import { lockKey } from "../protocol/keys.js";
import { isReservedLockName, lockNameFlaw } from "../protocol/lock-name.js";
import { writeAnswer } from "./answers.js";
import type { CellService, View } from "./cell-service.js";
import { type Credential, type Credentials, principalOf } from "./credentials.js";
import { LOCKS_PREFIX, readTarget } from "./lock-path.js";
import type { GatewayMetrics } from "./metrics.js";
import { lockAnswer, type WireText, wireAnswer } from "./read-answers.js";

export interface PlainReadParts {
  readonly service: CellService;
  readonly credentials: Credentials;
  readonly metrics: GatewayMetrics;
  readonly nextRequestId: () => string;
}

/** What a plain read asks for, and what was shown for it. Not that it may: that is looked up at each read. */
export interface PlainRead {
  readonly credential: Credential;
  /** Of the token, and of the lock. */
  readonly keys: readonly [string, string];
}

const REMEMBERED_URLS_MAX = 10_000;

/**
 * The read that everybody repeats, `GET /locks/{name}` by bearer token from the cache, answered before the
 * router sees it: routing and reply objects cost as much as everything that such a read has to do.
 *
 * The naive short cut would be a second implementation with rules of its own. So this one only ever answers
 * the plain case, by the very functions that the router's handler uses (credential, entry, answer, writer),
 * and leaves to the router all that is not plain: an error of any kind is not its business.
 */
export class PlainReads {
  readonly #parts: PlainReadParts;
  readonly #lockKeys = new LRUCache<string, string>({ max: REMEMBERED_URLS_MAX });

  constructor(parts: PlainReadParts) {
    this.#parts = parts;
  }

  /** What a request asks for, if it is plain. */
  of(request: IncomingMessage): PlainRead | undefined {
    const url = request.url as string;
    if (request.method !== "GET" || !url.startsWith(LOCKS_PREFIX) || !isPlain(request.headers)) return undefined;
    const credential = this.#parts.credentials.bearer(request.headers.authorization);
    const lock = credential === undefined ? undefined : this.#lockKey(url);
    return credential === undefined || lock === undefined ? undefined : { credential, keys: [credential.key, lock] };
  }

  /** Answers it from the cache. False if the cache cannot. */
  answer(read: PlainRead, response: ServerResponse): boolean {
    const view = this.#hit(read);
    if (view === undefined) return false;
    writeAnswer(response, this.#parts.nextRequestId(), lockAnswer(view, lockOf(view)));
    return true;
  }

  /** The same answer, as node:http would write it now (`date`: its header) if the connection is to stay. */
  wireAnswer(read: PlainRead, date: string): WireText | undefined {
    const view = this.#hit(read);
    return view && wireAnswer(view, lockOf(view), this.#parts.nextRequestId(), date);
  }

  /** What the cache has for it, if the token may see it (P10). To be answered in this very turn (rule A1). */
  #hit({ credential, keys }: PlainRead): View | undefined {
    const { service, metrics } = this.#parts;
    const view = service.readCached(keys);
    if (view === undefined || principalOf(credential, view.entries[0]) === undefined) return undefined;
    metrics.answered("status", 200);
    metrics.read(view.source);
    return view;
  }

  #lockKey(url: string): string | undefined {
    const known = this.#lockKeys.get(url);
    if (known !== undefined) return known;
    const key = plainKey(url);
    if (key !== undefined) this.#lockKeys.set(url, key);
    return key;
  }
}

function lockOf({ entries: [, lock] }: View) {
  if (lock === undefined) throw new Error("a view without the lock");
  return lock;
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

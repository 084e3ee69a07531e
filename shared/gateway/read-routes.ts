import type { IncomingMessage } from "node:http";
import { Fault } from "../protocol/errors.js";
import { listKey, lockKey } from "../protocol/keys.js";
import type { HttpAnswer } from "./answers.js";
import type { CellService, View } from "./cell-service.js";
import { lockNameFault } from "./commands.js";
import { authorise, type Credential, type Credentials, callerOf } from "./credentials.js";
import { pathOf, readTarget } from "./lock-path.js";
import type { GatewayMetrics } from "./metrics.js";
import { listAnswer, lockAnswer, matchesTag, notModified } from "./read-answers.js";
import { readMode } from "./read-mode.js";

export interface ReadRoutes {
  lock(request: IncomingMessage): Promise<HttpAnswer>;
  list(request: IncomingMessage): Promise<HttpAnswer>;
}

/** The reads. Each asks for the caller's token and the answer in one read, so that both are of one instant (rule A1). */
export function readRoutes(service: CellService, credentials: Credentials, metrics: GatewayMetrics): ReadRoutes {
  /** Reads what is under a key for whoever may see it. */
  async function readFor(request: IncomingMessage, shown: readonly Credential[], key: string): Promise<View> {
    const tokenKeys = shown.map((each) => each.key);
    const view = await service.read([...tokenKeys, key], readMode(request.headers["cache-control"]));
    callerOf(shown, view.entries);
    metrics.read(view.source);
    return view;
  }

  const unlessKnown = (request: IncomingMessage, full: HttpAnswer): HttpAnswer =>
    matchesTag(full, request.headers["if-none-match"]) ? notModified(full) : full;

  async function lock(request: IncomingMessage): Promise<HttpAnswer> {
    const { name } = readTarget(pathOf(request.url as string));
    const shown = credentials.of(request.headers);
    const fault = lockNameFault(name);
    if (fault !== undefined) {
      await authorise(service, shown);
      throw fault;
    }
    const view = await readFor(request, shown, lockKey(name));
    return unlessKnown(request, lockAnswer(view, lastEntry(view)));
  }

  async function list(request: IncomingMessage): Promise<HttpAnswer> {
    const prefix = prefixOf(request.url as string);
    const shown = credentials.of(request.headers);
    const view = await readFor(request, shown, listKey(prefix ?? ""));
    return unlessKnown(request, listAnswer(view, lastEntry(view), prefix));
  }

  return { lock, list };
}

function lastEntry(view: View) {
  const entry = view.entries.at(-1);
  if (entry === undefined) throw new Error("a view without entries");
  return entry;
}

/** The prefix in a target's query; null if none is named. @throws Fault invalid_input if more than one is */
function prefixOf(url: string): string | null {
  const named = new URLSearchParams(url.slice(pathOf(url).length)).getAll("prefix");
  if (named.length > 1) throw new Fault("invalid_input", "Name one prefix at most.");
  return named[0] ?? null;
}

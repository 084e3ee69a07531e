import { type Cell, startCell } from "../../cluster/cell.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import type { Member } from "../../cluster/member.js";
import { eventually } from "../../cluster/within.js";
import { acquireLock, cachedRead } from "../lock.js";

const NAME = "bench/primary";
const CACHED_MS = 10_000;

/** A cell with one proxy that has a held lock in its cache. */
export interface CachedLock {
  readonly cell: Cell;
  readonly proxy: Member;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly name: string;
  /** Where it is read over HTTP, and what the answer is. */
  readonly path: string;
  readonly body: string;
  readonly type: string;
}

export async function startCachedLock(cleanup: Cleanup): Promise<CachedLock> {
  const cell = await startCell(cleanup, 1);
  const proxy = await cell.startProxy();
  const token = cell.tokens[0] as string;
  const headers = { authorization: `Bearer ${token}` };
  const path = `/locks/${NAME}`;
  await acquireLock(cell.master.url, path, headers);
  const cached = await eventually(
    CACHED_MS,
    () => cachedRead(proxy.url, path, headers),
    "the proxy did not cache the lock",
  );
  return { cell, proxy, token, headers, name: NAME, path, ...cached };
}

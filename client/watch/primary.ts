import type { LockView, WatchItem } from "./items.js";
import type { Watch } from "./watch.js";

/** Who holds a lock, and what it says of itself. */
export interface Primary {
  readonly holderId: string;
  readonly fencingToken: number;
  readonly metadata: string | null;
}

/** The holder of a lock, or null while it is free. */
export function primaryOf(lock: Omit<LockView, "name" | "expiresAt"> | undefined): Primary | null {
  if (lock === undefined || lock.status === "free" || lock.holderId === null) return null;
  const { holderId, fencingToken, metadata } = lock;
  return { holderId, fencingToken, metadata };
}

/** The holders of one watched lock, one after the other, beginning with the present one. The same is not told twice. */
export async function* primariesOf(watch: () => Watch): AsyncGenerator<Primary | null, undefined> {
  let last: string | undefined;
  for await (const item of watch()) {
    const primary = primaryOf(lockIn(item));
    const told = JSON.stringify(primary);
    if (told !== last) yield primary;
    last = told;
  }
}

const lockIn = (item: WatchItem): LockView | undefined => (item.type === "change" ? item.lock : item.locks[0]);

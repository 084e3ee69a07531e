import { lockKey } from "../../shared/protocol/keys.js";
import type { Operation } from "./history.js";
import type { LockOperation, ShownLock } from "./lock-operation.js";

/** Asks for the held locks whose names begin with a prefix. */
export interface ListCall {
  readonly kind: "list";
  readonly prefix: string;
}

export type ListedLock = ShownLock & { readonly name: string };

/** A list, as a client was shown it. */
export type ListRead = Operation<ListCall, readonly ListedLock[]>;

/**
 * A list says of each lock under its prefix how it is, of the free ones too: each of these is a read of that lock, and
 * as fresh as any (P3). Only of locks that the history tells of.
 */
export function readsInLists(lists: readonly ListRead[], history: readonly LockOperation[]): LockOperation[] {
  const keys = [...new Set(history.map(({ key }) => key))];
  return lists.flatMap(({ process, call, result, invokedAtMs, returnedAtMs }) => {
    if (result === undefined) return [];
    const shown = new Map(result.map(({ name, ...lock }) => [lockKey(name), lock]));
    const covered = keys.filter((key) => key.startsWith(lockKey(call.prefix)));
    return covered.map((key): LockOperation => {
      const read = { status: "read", lock: shown.get(key) ?? null } as const;
      return { process, key, call: { kind: "read" }, result: read, invokedAtMs, returnedAtMs };
    });
  });
}

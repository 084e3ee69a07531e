import type { Store, StoreKeys } from "../../shared/ports/store.js";
import { digits, JOURNAL_KEYS, recordKey } from "./journal-keys.js";
import type { Position } from "./record.js";

/**
 * Removes the snapshots that are not kept, and the records up to the oldest that is. Headers go before their
 * chunks, so that half a snapshot never has a header. Harmless to repeat, and to be interrupted.
 *
 * @param kept oldest first
 */
export async function removeUnneeded(store: Store, kept: readonly Position[]): Promise<void> {
  const oldest = kept[0];
  if (oldest === undefined) return;
  const { snapshots, snapshotsEnd, chunks, chunksEnd, records } = JOURNAL_KEYS;
  for (const keys of between(snapshots, snapshotsEnd, kept)) await store.clear(keys);
  for (const keys of between(chunks, chunksEnd, kept)) await store.clear(keys);
  await store.clear({ from: records, below: recordKey(oldest.revision + 1) });
}

/** What has a revision after its prefix, but for those that are kept. */
function between(prefix: string, end: string, kept: readonly Position[]): StoreKeys[] {
  const from = [prefix, ...kept.map(({ revision }) => prefix + digits(revision + 1))];
  const below = [...kept.map(({ revision }) => prefix + digits(revision)), end];
  return from.map((first, at) => ({ from: first, below: below[at] as string }));
}

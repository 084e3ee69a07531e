import type { Store, StoreRange } from "../../shared/ports/store.js";
import { JOURNAL_KEYS, recordKey, revisionOfKey } from "./journal-keys.js";
import type { Position } from "./record.js";

const REMOVALS_PER_BATCH = 1_000;

/**
 * Removes the snapshots that are not kept, and the records up to the oldest that is. Headers go before their
 * chunks, so that half a snapshot never has a header. Harmless to repeat, and to be interrupted.
 */
export async function removeUnneeded(store: Store, kept: readonly Position[]): Promise<void> {
  const oldest = kept[0];
  if (oldest === undefined) return;
  const revisions = new Set(kept.map(({ revision }) => revision));
  const isUnneeded = (key: string) => !revisions.has(revisionOfKey(key) ?? 0);
  await remove(store, { from: JOURNAL_KEYS.snapshots, below: JOURNAL_KEYS.snapshotsEnd }, isUnneeded);
  await remove(store, { from: JOURNAL_KEYS.chunks, below: JOURNAL_KEYS.chunksEnd }, isUnneeded);
  await remove(store, { from: JOURNAL_KEYS.records, below: recordKey(oldest.revision + 1) }, () => true);
}

async function remove(store: Store, range: StoreRange, isUnneeded: (key: string) => boolean): Promise<void> {
  let keys: string[] = [];
  const flush = async () => {
    if (keys.length > 0) await store.write(keys.map((key) => ({ remove: key })));
    keys = [];
  };
  for await (const { key } of store.range({ ...range, keysOnly: true })) {
    if (isUnneeded(key)) keys.push(key);
    if (keys.length >= REMOVALS_PER_BATCH) await flush();
  }
  await flush();
}

/**
 * Where things lie in the store. Every key begins with the version of this layout; chunks sort before records
 * and records before snapshots, and revisions have sixteen digits, so that their order is that of the keys.
 */
const VERSION = "v1/";
const REVISION_DIGITS = 16;

export const JOURNAL_KEYS = {
  chunks: `${VERSION}chunk/`,
  chunksEnd: `${VERSION}chunk0`,
  records: `${VERSION}record/`,
  recordsEnd: `${VERSION}record0`,
  snapshots: `${VERSION}snapshot/`,
  snapshotsEnd: `${VERSION}snapshot0`,
} as const;

export function recordKey(revision: number): string {
  return JOURNAL_KEYS.records + digits(revision);
}

export function snapshotKey(revision: number): string {
  return JOURNAL_KEYS.snapshots + digits(revision);
}

export function chunkKey(revision: number, index: number): string {
  return `${JOURNAL_KEYS.chunks}${digits(revision)}/${String(index).padStart(6, "0")}`;
}

/** The revision in a key of a record, snapshot or chunk; undefined when it has none. */
export function revisionOfKey(key: string): number | undefined {
  const [, text] = /^v1\/(?:record|snapshot|chunk)\/(\d{16})(?:\/\d{6})?$/.exec(key) ?? [];
  return text === undefined ? undefined : Number(text);
}

export function isJournalKey(key: string): boolean {
  return key.startsWith(VERSION);
}

/** A revision in a key. */
export function digits(revision: number): string {
  return String(revision).padStart(REVISION_DIGITS, "0");
}

/**
 * Why a store cannot go on: another process has it, it may not be used (missing, not a directory, no leave),
 * the disk is full, what is on disk is damaged, it was closed, or something else failed.
 */
export type StoreErrorKind = "inUse" | "unusable" | "full" | "damaged" | "closed" | "failed";

/** What a `Store` rejects with. `message` is a sentence for people: what was wrong and what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, details: string, cause?: unknown) {
    super(details, cause === undefined ? {} : { cause });
    this.kind = kind;
  }
}

import type { TrueCommit } from "./true-commits.js";

/** A commit that changed nothing, but for what is said of it. */
export const commit = (revision: number, some: Partial<TrueCommit> = {}): TrueCommit => ({
  ...{ revision, wallMs: 0, timeMs: 0, kind: "acquire", keys: [], changes: [], grants: [] },
  ...{ ended: undefined, queued: undefined, withoutLeave: [] },
  ...some,
});

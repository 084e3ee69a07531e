import type { TrueCommit } from "./true-commits.js";

/**
 * A3: a token is judged at the commit, and for who waits for a lock at the grant: nothing is changed for anybody whose
 * token has been revoked before. One sentence for each commit that did.
 */
export function changedWithoutLeave(commits: readonly TrueCommit[]): string[] {
  return commits.flatMap(({ revision, kind, withoutLeave }) =>
    withoutLeave.map((who) => `Revision ${revision} (${kind}) changed something for ${who}, without a token in force.`),
  );
}

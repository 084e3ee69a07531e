import type { Commit } from "../shared/protocol/link.js";

const COMMITS_MAX = 5_000;

/** The newest commits, in order and without a gap: 5,000 at least, once there were so many. */
export class RecentCommits {
  #commits: Commit[] = [];
  /** All commits after this revision are here. */
  #after: number;

  constructor(after: number) {
    this.#after = after;
  }

  add(commit: Commit): void {
    this.#commits.push(commit);
    if (this.#commits.length < 2 * COMMITS_MAX) return;
    const forgotten = this.#commits.splice(0, COMMITS_MAX);
    this.#after = (forgotten.at(-1) as Commit).revision;
  }

  /** Those after a revision; undefined if some of them are not here. */
  since(revision: number): readonly Commit[] | undefined {
    if (revision < this.#after) return undefined;
    return this.#commits.slice(firstAfter(this.#commits, revision));
  }
}

/** Where the commits after a revision begin. */
function firstAfter(commits: readonly Commit[], revision: number): number {
  let low = 0;
  let high = commits.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((commits[middle] as Commit).revision > revision) high = middle;
    else low = middle + 1;
  }
  return low;
}

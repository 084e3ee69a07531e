import type { Commit, EventsReply } from "../../shared/protocol/link.js";

const COMMITS_KEPT = 10_000;

/** The newest commits, for those who missed some (rule W1). Older ones are `compacted`, and said to be. */
export class EventLog {
  #commits: Commit[] = [];
  #reachesBackTo: number;
  readonly #kept: number;

  /** `revision`: of the state before the first commit that will be added. `kept`: how many of the newest, at least. */
  constructor(revision: number, kept = COMMITS_KEPT) {
    this.#reachesBackTo = revision;
    this.#kept = kept;
  }

  add(commit: Commit): void {
    this.#commits.push(commit);
    if (this.#commits.length < 2 * this.#kept) return;
    const dropped = this.#commits.splice(0, this.#kept);
    this.#reachesBackTo = (dropped.at(-1) as Commit).revision;
  }

  /** Nothing that came up to this revision can be told any more. */
  startOver(revision: number): void {
    this.#commits = [];
    this.#reachesBackTo = revision;
  }

  /**
   * The commits after a revision. One that the cell has not reached is a mistake of the asker, who must
   * start over as if all were compacted.
   */
  after(revision: number, currentRevision: number): EventsReply {
    if (revision < this.#reachesBackTo || revision > currentRevision) {
      return { status: "compacted", revision: currentRevision };
    }
    const commits = this.#commits.slice(firstAfter(this.#commits, revision));
    return { status: "events", commits, revision: currentRevision };
  }
}

/** Index of the first commit with a larger revision; they are in order. */
function firstAfter(commits: readonly Commit[], revision: number): number {
  let low = 0;
  let high = commits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((commits[middle] as Commit).revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

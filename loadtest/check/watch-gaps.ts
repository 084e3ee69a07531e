import { isDeepStrictEqual } from "node:util";
import type { LockView, WatchChange, WatchState } from "../../client/watch/items.js";
import type { Watched } from "./session-evidence.js";
import type { TrueChange, TrueCommit } from "./true-commits.js";

/**
 * P11: a watcher sees every change of what it watches, in order, or is told that it must resynchronise, with the state
 * to do it from. One sentence for each watch that was told less, more or otherwise. One that is still followed must
 * have been told all that was committed up to `caughtUpTo`.
 */
export function silentGaps(watches: readonly Watched[], commits: readonly TrueCommit[], caughtUpTo: number): string[] {
  return watches.flatMap((watched) => new Follower(watched, commits).gap(caughtUpTo));
}

type Numbered = TrueChange & { readonly revision: number };

class Follower {
  readonly #watched: Watched;
  /** All changes of what is watched. */
  readonly #changes: readonly Numbered[];
  /** How many of them the watcher knows of; undefined before it was told anything. */
  #known: number | undefined;

  constructor(watched: Watched, commits: readonly TrueCommit[]) {
    this.#watched = watched;
    this.#changes = commits.flatMap(({ revision, changes }) =>
      changes.filter(({ lock }) => covers(watched.target, lock.name)).map((change) => ({ ...change, revision })),
    );
  }

  gap(caughtUpTo: number): string[] {
    for (const item of this.#watched.items) {
      const flaw = item.type === "change" ? this.#change(item) : this.#state(item);
      if (flaw !== undefined) return [`${this.#who()} was told at ${item.atMs} ms ${flaw}`];
    }
    const next = this.#changes[this.#known ?? 0];
    if (!this.#watched.isOpen || (this.#known !== undefined && (next === undefined || next.revision > caughtUpTo)))
      return [];
    return [`${this.#who()} was never told ${next === undefined ? "the state" : `of ${told(next)}`}.`];
  }

  #change({ revision, event, lock }: WatchChange): string | undefined {
    if (this.#known === undefined) return `of revision ${revision}, before any state.`;
    const due = this.#changes[this.#known];
    if (due !== undefined && due.revision === revision && due.event === event && isSame(due.lock, lock)) {
      this.#known += 1;
      return undefined;
    }
    const what = told({ revision, event, lock });
    return `of ${what}, but next was ${due === undefined ? "nothing" : told(due)}.`;
  }

  #state({ revision, locks }: WatchState): string | undefined {
    this.#known = this.#changes.findLastIndex((change) => change.revision <= revision) + 1;
    const held = new Map<string, LockView>();
    for (const { lock } of this.#changes.slice(0, this.#known)) {
      if (lock.status === "held") held.set(lock.name, lock);
      else held.delete(lock.name);
    }
    const isRight =
      held.size === locks.length &&
      locks.every((lock) => {
        const known = held.get(lock.name);
        return known !== undefined && isSame(known, lock);
      });
    return isRight
      ? undefined
      : `that at revision ${revision} ${JSON.stringify(locks)} is held, but ${JSON.stringify([...held.values()])} is.`;
  }

  #who(): string {
    return `The watch of ${JSON.stringify(this.#watched.target)} by ${this.#watched.client}`;
  }
}

const covers = (target: Watched["target"], name: string): boolean =>
  "name" in target ? name === target.name : name.startsWith(target.prefix);

/** But for the time of expiry, which is a lower bound. */
const isSame = (one: LockView, other: LockView): boolean =>
  isDeepStrictEqual({ ...one, expiresAt: null }, { ...other, expiresAt: null });

const told = ({ revision, event, lock }: Numbered): string =>
  `revision ${revision} (${lock.name} ${event}, ${lock.status === "held" ? `token ${lock.fencingToken}` : "free"})`;

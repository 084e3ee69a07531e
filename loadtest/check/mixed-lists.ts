import type { Journaled } from "./bounded-stall.js";
import { groupBy } from "./group-by.js";
import type { ListedLock, ListRead } from "./list-read.js";
import type { TrueCommit } from "./true-commits.js";

/** The held locks under a prefix, as they were from one revision on, until before another. */
interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * P3 of lists: a list is one state of the master, of a revision that was journaled before the answer came, and no list
 * is older than one that was answered before it was asked for. One sentence for each that is not so. The commits must
 * be all that there were; where it is not known when one was journaled, that is not asked.
 *
 * That each lock in it is as fresh as if it had been read alone is for `readsInLists` to see. Both together make lists
 * linearizable. Several revisions may have looked alike; each list takes the earliest that will do, which leaves most
 * room to those after it.
 */
export function mixedLists(
  lists: readonly ListRead[],
  commits: readonly TrueCommit[],
  journaled: readonly Journaled[],
): string[] {
  const journaledAtMs = new Map(journaled.map(({ revision, atMs }) => [revision, atMs]));
  const states = new Map<string, ReadonlyMap<string, readonly Span[]>>();
  const floors = new Floors();
  return lists
    .toSorted((a, b) => a.invokedAtMs - b.invokedAtMs)
    .flatMap((list) => {
      const { process, call, result, invokedAtMs, returnedAtMs } = list;
      if (result === undefined) return [];
      const ofPrefix = states.get(call.prefix) ?? statesUnder(call.prefix, commits);
      states.set(call.prefix, ofPrefix);
      const floor = floors.before(invokedAtMs);
      const isInTime = (revision: number): boolean => (journaledAtMs.get(revision) ?? 0) <= returnedAtMs;
      const looks = ofPrefix.get(textOf(result)) ?? [];
      const fitting = looks.find(({ from, until }) => until > floor && isInTime(Math.max(from, floor)));
      if (fitting !== undefined) {
        floors.add(Math.max(fitting.from, floor), returnedAtMs);
        return [];
      }
      const what = looks.length === 0 ? "was at no revision" : "was at other times only";
      return [
        `${process} was shown at ${returnedAtMs} ms ${textOf(result)} under ${JSON.stringify(call.prefix)}, which ${what}.`,
      ];
    });
}

/** How new a list must be at least: as new as all that had been answered. To be asked in the order of time. */
class Floors {
  #underWay: { readonly revision: number; readonly returnedAtMs: number }[] = [];
  #newest = 0;

  add(revision: number, returnedAtMs: number): void {
    this.#underWay.push({ revision, returnedAtMs });
  }

  before(invokedAtMs: number): number {
    for (const { revision, returnedAtMs } of this.#underWay) {
      if (returnedAtMs < invokedAtMs) this.#newest = Math.max(this.#newest, revision);
    }
    this.#underWay = this.#underWay.filter(({ returnedAtMs }) => returnedAtMs >= invokedAtMs);
    return this.#newest;
  }
}

/** When what is held under a prefix looked like what. */
function statesUnder(prefix: string, commits: readonly TrueCommit[]): ReadonlyMap<string, readonly Span[]> {
  const held = new Map<string, ListedLock>();
  const begun = [{ from: 0, text: textOf([]) }];
  for (const { revision, changes } of commits) {
    const own = changes.filter(({ lock }) => lock.name.startsWith(prefix));
    for (const { lock } of own) {
      const { name, holderId, fencingToken, metadata } = lock;
      if (holderId === null) held.delete(name);
      else held.set(name, { name, holderId, fencingToken, metadata });
    }
    if (own.length > 0) begun.push({ from: revision, text: textOf([...held.values()]) });
  }
  const spans = begun.map((one, at) => ({ ...one, until: begun[at + 1]?.from ?? Number.POSITIVE_INFINITY }));
  return groupBy(spans, ({ text }) => text);
}

/** The same locks in whatever order have the same text. */
function textOf(locks: readonly ListedLock[]): string {
  const told = locks.map(({ name, holderId, fencingToken, metadata }) =>
    JSON.stringify({ name, holderId, fencingToken, metadata }),
  );
  return `[${told.sort().join(", ")}]`;
}

import { BitSet } from "./bit-set.js";

/**
 * Where a search has been: which operations were placed, and what the state was then.
 *
 * A place seen before need not be searched again; nor need one that differs from it only in that more
 * operations of unknown outcome were spent on the way there. Whatever could still be done with what is left
 * of them here, could have been done there. Without this, a few dozen
 * unanswered calls would drown the search in their subsets.
 */
export class Visited {
  readonly #isKnown: readonly boolean[];
  /** Of each operation, its number among those of its kind, so that the sets are dense. */
  readonly #numbers: readonly number[];
  readonly #known: BitSet;
  /** The operations of unknown outcome that were spent. */
  #spent = 0n;
  /** For each place, by the known operations and the state: what was spent to get there, each time. */
  readonly #places = new Map<string, bigint[]>();

  /** `isKnown`: of each operation, whether its outcome is known. */
  constructor(isKnown: readonly boolean[]) {
    const counts = { known: 0, unknown: 0 };
    this.#isKnown = isKnown;
    this.#numbers = isKnown.map((known) => counts[known ? "known" : "unknown"]++);
    this.#known = new BitSet(counts.known);
  }

  /** Places an operation, or takes it back. */
  flip(at: number): void {
    const number = this.#numbers[at] as number;
    if (this.#isKnown[at]) this.#known.flip(number);
    else this.#spent ^= 1n << BigInt(number);
  }

  /** Whether nothing is known of this place yet. From now on it is. Equal states have equal texts. */
  isNew(state: string): boolean {
    const key = `${this.#known.key()} ${state}`;
    const before = this.#places.get(key);
    if (before === undefined) this.#places.set(key, [this.#spent]);
    else if (before.some((spent) => (spent & this.#spent) === spent)) return false;
    else before.push(this.#spent);
    return true;
  }
}

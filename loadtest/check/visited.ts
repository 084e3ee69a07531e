import { BitSet } from "./bit-set.js";

/** Of an operation whose outcome is known, or not; `consequence` as a model has it. */
export type Role = "known" | "spendable" | "consequence";

/**
 * Where a search has been: which operations were placed, and what the state was then.
 *
 * A place seen before need not be searched again; nor need one that differs from it only in that more
 * operations of unknown outcome were spent on the way there. Whatever could still be done with what is left
 * of them here, could have been done there. Of consequences the state tells all. Without this, a few dozen
 * unanswered calls would drown the search in their subsets.
 */
export class Visited {
  readonly #roles: readonly Role[];
  /** Of each operation, its number among those of its role, so that the sets are dense. */
  readonly #numbers: readonly number[];
  readonly #known: BitSet;
  /** The spendable operations that were spent. */
  #spent = 0n;
  /** For each place, by the known operations and the state: what was spent to get there, each time. */
  readonly #places = new Map<string, bigint[]>();

  /** `roles`: of each operation. */
  constructor(roles: readonly Role[]) {
    const counts = { known: 0, spendable: 0, consequence: 0 };
    this.#roles = roles;
    this.#numbers = roles.map((role) => counts[role]++);
    this.#known = new BitSet(counts.known);
  }

  /** Places an operation, or takes it back. */
  flip(at: number): void {
    const number = this.#numbers[at] as number;
    if (this.#roles[at] === "known") this.#known.flip(number);
    if (this.#roles[at] === "spendable") this.#spent ^= 1n << BigInt(number);
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

/** No number. */
export const NONE = -1;

/**
 * The numbers from 0 to below `size` that are still open, in order. Numbers are taken out and put back in
 * the opposite order, which a doubly linked list does without a search (Knuth's dancing links).
 */
export class OpenList {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** Where the list begins and ends. */
  readonly #root: number;

  constructor(size: number) {
    this.#root = size;
    this.#next = Int32Array.from({ length: size + 1 }, (_, at) => (at === size ? 0 : at + 1));
    this.#previous = Int32Array.from({ length: size + 1 }, (_, at) => (at === 0 ? size : at - 1));
  }

  first(): number {
    return this.after(this.#root);
  }

  /** The next open number, or `NONE`. */
  after(at: number): number {
    const next = this.#next[at] as number;
    return next === this.#root ? NONE : next;
  }

  take(at: number): void {
    const [previous, next] = this.#neighbours(at);
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  /** Puts back the number that was taken last. */
  putBack(at: number): void {
    const [previous, next] = this.#neighbours(at);
    this.#next[previous] = at;
    this.#previous[next] = at;
  }

  #neighbours(at: number): readonly [number, number] {
    return [this.#previous[at] as number, this.#next[at] as number];
  }
}

/** No operation. */
export const NONE = -1;

const BITS = 16;

/**
 * The numbers from 0 to below `size` that are still open, in order. Numbers are taken out and put back in
 * the opposite order, which a doubly linked list does without a search (Knuth's dancing links).
 */
export class OpenList {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** One bit for each number taken. */
  readonly #taken: Uint16Array;
  /** No word of `#taken` from here on was ever anything but 0. */
  #untouchedFrom = 0;
  /** Where the list begins and ends. */
  readonly #root: number;

  constructor(size: number) {
    this.#root = size;
    this.#next = Int32Array.from({ length: size + 1 }, (_, at) => (at === size ? 0 : at + 1));
    this.#previous = Int32Array.from({ length: size + 1 }, (_, at) => (at === 0 ? size : at - 1));
    this.#taken = new Uint16Array(Math.ceil(size / BITS));
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
    this.#flip(at);
  }

  /** Puts back the number that was taken last. */
  putBack(at: number): void {
    const [previous, next] = this.#neighbours(at);
    this.#next[previous] = at;
    this.#previous[next] = at;
    this.#flip(at);
  }

  /** Equal for equal sets, and for no others. Short where the numbers are taken more or less in order. */
  key(): string {
    const first = this.first();
    const from = first === NONE ? this.#untouchedFrom : Math.floor(first / BITS);
    let to = this.#untouchedFrom;
    while (to > from && this.#taken[to - 1] === 0) to -= 1;
    return `${first} ${String.fromCharCode(...this.#taken.subarray(from, to))}`;
  }

  #neighbours(at: number): readonly [number, number] {
    return [this.#previous[at] as number, this.#next[at] as number];
  }

  #flip(at: number): void {
    const word = Math.floor(at / BITS);
    this.#untouchedFrom = Math.max(this.#untouchedFrom, word + 1);
    this.#taken[word] = (this.#taken[word] as number) ^ (1 << (at % BITS));
  }
}

const BITS = 16;
const FULL = 2 ** BITS - 1;

/** A set of numbers below `size`. */
export class BitSet {
  readonly #words: Uint16Array;

  constructor(size: number) {
    this.#words = new Uint16Array(Math.ceil(size / BITS));
  }

  /** Puts a number in, or takes it out. */
  flip(at: number): void {
    const word = Math.floor(at / BITS);
    this.#words[word] = (this.#words[word] as number) ^ (1 << (at % BITS));
  }

  /** Equal for equal sets, and for no others. Short where the numbers came in more or less in order. */
  key(): string {
    let from = 0;
    while (this.#words[from] === FULL) from += 1;
    let to = this.#words.length;
    while (to > from && this.#words[to - 1] === 0) to -= 1;
    return `${from} ${String.fromCharCode(...this.#words.subarray(from, to))}`;
  }
}

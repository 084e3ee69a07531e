/**
 * A walk round all values of a Map or Set, for ever, a few at a step: so looking at very many of them
 * costs no turn of the event loop more than a bounded time. Values may come and go meanwhile.
 */
export class Round<T> {
  readonly #all: { readonly size: number; values(): Iterator<T> };
  readonly #perStep: number;
  #at: Iterator<T>;

  constructor(all: { readonly size: number; values(): Iterator<T> }, perStep: number) {
    this.#all = all;
    this.#perStep = perStep;
    this.#at = all.values();
  }

  /** Visits the next ones, each value once at most. */
  step(visit: (value: T) => void): void {
    for (let left = Math.min(this.#perStep, this.#all.size); left > 0; left -= 1) {
      const next = this.#next();
      if (next.done) return;
      visit(next.value);
    }
  }

  #next(): IteratorResult<T> {
    const next = this.#at.next();
    if (!next.done) return next;
    this.#at = this.#all.values();
    return this.#at.next();
  }
}

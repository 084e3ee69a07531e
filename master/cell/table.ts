/** What the tables of the cell's state have in common; a `Map` is one. */
export interface Table<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): unknown;
  delete(key: string): unknown;
}

/** Changes on top of another table, kept apart until they are merged into it. */
export class Layer<V> implements Table<V> {
  readonly #below: Table<V>;
  readonly #own = new Map<string, V | undefined>();

  constructor(below: Table<V>) {
    this.#below = below;
  }

  get(key: string): V | undefined {
    return this.#own.has(key) ? this.#own.get(key) : this.#below.get(key);
  }

  set(key: string, value: V): void {
    this.#own.set(key, value);
  }

  delete(key: string): void {
    this.#own.set(key, undefined);
  }

  /** Writes the changes into the table below. */
  merge(): void {
    for (const [key, value] of this.#own) {
      if (value === undefined) this.#below.delete(key);
      else this.#below.set(key, value);
    }
    this.#own.clear();
  }
}

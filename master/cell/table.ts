/** What the tables of the cell's state have in common; a `Map` is one. */
export interface Table<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): unknown;
  delete(key: string): unknown;
}

const DELETED = Symbol("deleted");

/** Changes on top of another table, kept apart until they are merged into it. Most have none: they cost no map. */
export class Layer<V> implements Table<V> {
  readonly #below: Table<V>;
  #own: Map<string, V | typeof DELETED> | undefined;

  constructor(below: Table<V>) {
    this.#below = below;
  }

  get(key: string): V | undefined {
    const own = this.#own?.get(key);
    if (own === undefined) return this.#below.get(key);
    return own === DELETED ? undefined : own;
  }

  set(key: string, value: V): void {
    this.#change(key, value);
  }

  delete(key: string): void {
    this.#change(key, DELETED);
  }

  /** Writes the changes into the table below. */
  merge(): void {
    if (this.#own === undefined) return;
    for (const [key, value] of this.#own) {
      if (value === DELETED) this.#below.delete(key);
      else this.#below.set(key, value);
    }
    this.#own = undefined;
  }

  #change(key: string, value: V | typeof DELETED): void {
    this.#own ??= new Map();
    this.#own.set(key, value);
  }
}

import type { Entry } from "../shared/protocol/entries.js";
import { Fault } from "../shared/protocol/errors.js";
import { entryOf } from "./cell/entries.js";
import type { Ground } from "./cell/ground.js";
import type { Expiry } from "./expiry.js";

/** Reads the cell's present state, in one turn, after what is due has had its turn. */
export class Reader {
  readonly #ground: Ground;
  readonly #expiry: Expiry;

  constructor(ground: Ground, expiry: Expiry) {
    this.#ground = ground;
    this.#expiry = expiry;
  }

  /** The entries now, or undefined if an expiry has to go first. */
  now(keys: readonly string[]): Entry[] | undefined {
    return this.#expiry.beforeRead(keys) === undefined ? keys.map((key) => this.#entry(key)) : undefined;
  }

  /** Waits until nothing that is due can be done without waiting for proxies. What is read right after it is true. */
  async settle(keys: readonly string[]): Promise<void> {
    await this.#expiry.beforeRead(keys);
  }

  /** The entries of this instant. */
  entries(keys: readonly string[]): Entry[] {
    return keys.map((key) => this.#entry(key));
  }

  #entry(key: string): Entry {
    const entry = entryOf(this.#ground, key);
    if (entry === undefined) throw new Fault("invalid_input", `There is no key ${JSON.stringify(key)}.`);
    return entry;
  }
}

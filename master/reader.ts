import type { Entry } from "../shared/protocol/entries.js";
import { Fault } from "../shared/protocol/errors.js";
import { PROXIES_KEY } from "../shared/protocol/keys.js";
import { entryOf, timedEntryOf } from "./cell/entries.js";
import type { Ground } from "./cell/ground.js";
import type { CellTime } from "./cell-time.js";
import type { ProxyLeases } from "./coherence/leases.js";
import type { Expiry } from "./expiry.js";

/** Reads the cell's present state, in one turn, after what is due has had its turn. */
export class Reader {
  readonly #ground: Ground;
  readonly #time: CellTime;
  readonly #expiry: Expiry;
  readonly #leases: ProxyLeases;

  constructor(parts: { ground: Ground; time: CellTime; expiry: Expiry; leases: ProxyLeases }) {
    this.#ground = parts.ground;
    this.#time = parts.time;
    this.#expiry = parts.expiry;
    this.#leases = parts.leases;
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

  /** An entry of this instant as it travels to proxies. The key must be one. */
  timedEntry(key: string): Entry {
    return key === PROXIES_KEY ? this.#proxies() : timedEntryOf(this.#ground, key, this.#time.nowMs());
  }

  #entry(key: string): Entry {
    const entry = key === PROXIES_KEY ? this.#proxies() : entryOf(this.#ground, key);
    if (entry === undefined) throw new Fault("invalid_input", `There is no key ${JSON.stringify(key)}.`);
    return entry;
  }

  /** Whom clients may be sent to: no part of the cell's state, and gone with this master. */
  #proxies(): Entry {
    const proxies = this.#leases.running().map(({ name, url, zone }) => ({ name, url, zone }));
    return { key: PROXIES_KEY, value: { kind: "proxies", proxies }, revision: this.#ground.counters.revision };
  }
}

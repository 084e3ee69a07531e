import { generate, type Player, type Tally } from "../../shots/generating.js";
import { EtcdClient } from "./etcd-client.js";

/** Who read one key, again and again, a few at a time over each connection. */
export interface EtcdReadersOpen {
  readonly address: string;
  readonly key: string;
  readonly serializable: boolean;
  readonly connections: number;
  readonly inFlight: number;
}

class EtcdReader implements Player {
  readonly #client: EtcdClient;
  readonly #of: EtcdReadersOpen;
  readonly #tally: Tally;

  constructor(of: EtcdReadersOpen, tally: Tally) {
    this.#client = new EtcdClient(of.address);
    this.#of = of;
    this.#tally = tally;
  }

  async play(untilMs: number): Promise<void> {
    await Promise.all(Array.from({ length: this.#of.inFlight }, () => this.#read(untilMs)));
  }

  async #read(untilMs: number): Promise<void> {
    const { key, serializable } = this.#of;
    const tally = this.#tally;
    while (performance.now() < untilMs) {
      const sentMs = performance.now();
      tally.sent += 1;
      const value = await this.#client.range(key, serializable).catch(() => undefined);
      tally.answered += 1;
      if (value === undefined) tally.refused += 1;
      tally.ms.push(performance.now() - sentMs);
    }
  }
}

generate<EtcdReadersOpen>(async (of, tally) => Array.from({ length: of.connections }, () => new EtcdReader(of, tally)));

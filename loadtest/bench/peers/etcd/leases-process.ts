import { generate, type Player, type Tally } from "../../shots/generating.js";
import { EtcdClient, type KeepAliveStream } from "./etcd-client.js";

/** Clients that have a lease each, and keep it alive every third of its time, each on a stream of its own. */
export interface EtcdLeasesOpen {
  readonly address: string;
  readonly leases: number;
  readonly ttlSeconds: number;
}

const CONNECTIONS = 4;

class LeaseHolder implements Player {
  readonly #stream: KeepAliveStream;
  readonly #id: string;
  readonly #everyMs: number;
  readonly #firstMs: number;

  /** `at`: from 0 to 1, when within that third it is its turn. */
  static async open(client: EtcdClient, ttlSeconds: number, at: number, tally: Tally): Promise<LeaseHolder> {
    return new LeaseHolder(client.keepAlives(), await client.grantLease(ttlSeconds), ttlSeconds, at, tally);
  }

  private constructor(stream: KeepAliveStream, id: string, ttlSeconds: number, at: number, tally: Tally) {
    this.#stream = stream;
    this.#id = id;
    this.#everyMs = (ttlSeconds * 1_000) / 3;
    this.#firstMs = at * this.#everyMs;
    stream.on("data", ({ TTL }: { TTL: string }) => {
      tally.answered += 1;
      // A lease that is gone has none left.
      if (Number(TTL) <= 0) tally.refused += 1;
    });
    stream.on("error", () => {
      tally.lost += 1;
    });
  }

  async play(untilMs: number): Promise<void> {
    for (let dueMs = performance.now() + this.#firstMs; dueMs < untilMs; dueMs += this.#everyMs) {
      await pause(dueMs - performance.now());
      this.#stream.write({ ID: this.#id });
    }
    await pause(untilMs - performance.now());
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

generate<EtcdLeasesOpen>(({ address, leases, ttlSeconds }, tally) => {
  const clients = Array.from({ length: CONNECTIONS }, () => new EtcdClient(address));
  const open = (number: number): Promise<LeaseHolder> =>
    LeaseHolder.open(clients[number % CONNECTIONS] as EtcdClient, ttlSeconds, number / leases, tally);
  return Promise.all(Array.from({ length: leases }, (_, number) => open(number)));
});

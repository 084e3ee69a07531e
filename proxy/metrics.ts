import { Counter, Gauge, type Registry } from "prom-client";
import type { Sessions } from "../shared/sessions/sessions.js";
import type { Cache } from "./cache.js";
import type { ProxyLease } from "./lease.js";

/** What a proxy tells of itself on `/metrics`, beside its gateway's requests and cache answers. */
export class ProxyMetrics {
  readonly #rounds: Counter;
  readonly #refreshes: Counter;
  readonly #leasesLost: Counter;
  readonly #retries: Counter;
  readonly #gapsRepaired: Counter;
  readonly #batches: Counter;
  readonly #batchedWrites: Counter;
  readonly #heldUp: Counter;

  constructor(registry: Registry, measured: { cache: () => Cache; lease: ProxyLease; sessions: Sessions }) {
    const registers = [registry];
    const counter = (name: string, help: string): Counter =>
      new Counter({ name: `octofleet_proxy_${name}_total`, help, registers });
    this.#rounds = counter("rounds", "Invalidation rounds acknowledged, repeated ones too.");
    this.#refreshes = counter("refreshes", "Entries renewed by the event of a change, without a read at the master.");
    this.#leasesLost = counter("leases_lost", "Times that the lease ended, or was given up.");
    this.#retries = counter("retries", "Writes sent to the master once more, because no answer came.");
    this.#gapsRepaired = counter(
      "feed_gaps_repaired",
      "Times that changes were asked of the master, not told by the bus.",
    );
    this.#batches = counter("write_batches", "Calls that carried writes to the master.");
    this.#batchedWrites = counter("batched_writes", "Writes in these calls, repeated ones too.");
    this.#heldUp = counter("held_up_writes", "Writes sent to the master once more, because they wait for proxies.");
    const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
      ["cache_bytes", "Bytes in the cache, about.", () => measured.cache().bytes],
      ["cache_entries", "Entries and tombstones in the cache.", () => measured.cache().size],
      ["lease", "1 while the lease runs.", () => (measured.lease.running() === undefined ? 0 : 1)],
      ["sessions_local", "Sessions that the master does not know.", () => sizeOfLocal(measured.sessions)],
      ["sessions_anchored", "Sessions anchored at the master and attached here.", () => measured.sessions.anchored],
    ];
    for (const [name, help, read] of gauges) {
      new Gauge({
        name: `octofleet_proxy_${name}`,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    }
  }

  readonly roundTaken = (): void => this.#rounds.inc();
  readonly refreshed = (): void => this.#refreshes.inc();
  readonly leaseLost = (): void => this.#leasesLost.inc();
  readonly retried = (): void => this.#retries.inc();
  readonly gapRepaired = (): void => this.#gapsRepaired.inc();
  readonly batchSent = (writes: number): void => {
    this.#batches.inc();
    this.#batchedWrites.inc(writes);
  };
  readonly heldUp = (): void => this.#heldUp.inc();
}

const sizeOfLocal = ({ size, anchored }: Sessions): number => size - anchored;

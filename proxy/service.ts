import type { CellService, Readiness, ReadMode, View, Write } from "../shared/gateway/cell-service.js";
import type { Feed } from "../shared/gateway/feed.js";
import type { SessionHost } from "../shared/gateway/session-host.js";
import type { Bus } from "../shared/ports/bus.js";
import type { Clock } from "../shared/ports/clock.js";
import type { Answer } from "../shared/protocol/commands.js";
import type { Entry } from "../shared/protocol/entries.js";
import { PROXIES_KEY } from "../shared/protocol/keys.js";
import { LIMITS } from "../shared/protocol/limits.js";
import { Cache } from "./cache.js";
import type { Fills } from "./fills.js";
import type { Forwarder } from "./forward.js";
import type { Instant, LeaseId, ProxyLease } from "./lease.js";
import { ProxyList } from "./proxy-list.js";
import { StaleCopy } from "./stale-copy.js";

const WHY_SLOW = {
  connected: undefined,
  down: "The bus is down: writes to what this proxy holds wait for its next renewal, up to a second each.",
  off: "There is no bus: writes to what this proxy holds wait for its next renewal, up to a second each.",
} as const;

export interface ServiceParts {
  readonly clock: Clock;
  readonly bus: Bus;
  readonly cacheBytes: number;
  readonly lease: ProxyLease;
  readonly fills: () => Fills;
  readonly forwarder: Forwarder;
  readonly sessions: SessionHost;
  readonly feed: Feed;
}

/**
 * The cell as a proxy shows it: reads from the cache while the lease runs, all else from the master.
 *
 * The lease is asked in the same turn in which the entries are taken, each time: a timer that should have
 * emptied the cache may be as late as the event loop is.
 */
export class ProxyService implements CellService {
  readonly #parts: ServiceParts;
  #cache: Cache;
  #stale: StaleCopy | undefined;
  readonly #proxies: ProxyList;
  #lastRevision = 0;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#cache = new Cache(parts.cacheBytes);
    this.#proxies = new ProxyList(parts.clock);
  }

  get cache(): Cache {
    return this.#cache;
  }

  /** The lease is over: nothing of what the cache held is answered any more, except as stale (rule L2). */
  leaseLost(sure: Instant): void {
    const epoch = this.#parts.lease.lastEpoch ?? 0;
    const copy = new StaleCopy(this.#cache, epoch, sure);
    this.#stale = copy;
    this.#cache = new Cache(this.#parts.cacheBytes);
    this.#parts.clock.after(LIMITS.staleMsMax, () => {
      if (this.#stale === copy) this.#stale = undefined;
    });
  }

  readCached(keys: readonly string[]): View | undefined {
    const held = this.#parts.lease.running();
    return held === undefined ? undefined : this.#hit(keys, held);
  }

  async read(keys: readonly string[], mode: ReadMode): Promise<View> {
    if (mode.bypass === true) return this.#noted(await this.#parts.fills().readThrough(keys, "bypass"));
    const held = this.#parts.lease.running();
    const hit = held === undefined ? undefined : this.#hit(keys, held);
    return hit ?? this.#staleView(keys, mode) ?? this.#noted(await this.#parts.fills().read(keys));
  }

  async execute(write: Write): Promise<Answer> {
    const { answer } = await this.#parts.forwarder.execute(write);
    return answer;
  }

  get sessions(): SessionHost {
    return this.#parts.sessions;
  }

  get feed(): Feed {
    return this.#parts.feed;
  }

  mayKeepAlive(): boolean {
    return this.#parts.lease.running() !== undefined;
  }

  readiness(): Readiness {
    const { lease } = this.#parts;
    const held = lease.running();
    const bus = this.#parts.bus.status();
    const reason = held === undefined ? this.#whyNoLease() : WHY_SLOW[bus];
    return {
      ready: held !== undefined,
      ...(reason === undefined ? {} : { reason }),
      bus,
      role: "proxy",
      epoch: lease.lastEpoch ?? 0,
      revision: this.#lastRevision,
    };
  }

  #hit(keys: readonly string[], held: LeaseId): View | undefined {
    const nowMs = this.#parts.clock.monotonicMs();
    const entries: Entry[] = [];
    let knownSinceMs = nowMs;
    for (const key of keys) {
      const cached = key === PROXIES_KEY ? this.#proxies.get() : this.#cache.get(key, nowMs);
      if (cached === undefined) return undefined;
      entries.push(cached.entry);
      if (cached.knownSinceMs < knownSinceMs) knownSinceMs = cached.knownSinceMs;
    }
    return { source: "hit", epoch: held.epoch, entries, ageMs: nowMs - knownSinceMs };
  }

  #staleView(keys: readonly string[], { maxStaleMs }: ReadMode): View | undefined {
    if (maxStaleMs === undefined) return undefined;
    const atMostMs = Math.min(maxStaleMs, LIMITS.staleMsMax);
    const { clock } = this.#parts;
    return this.#stale?.read(keys, atMostMs, { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() });
  }

  #noted(view: View): View {
    for (const entry of view.entries) {
      this.#lastRevision = Math.max(this.#lastRevision, entry.revision);
      if (entry.key === PROXIES_KEY) this.#proxies.keep(entry);
    }
    return view;
  }

  #whyNoLease(): string {
    const fault = this.#parts.lease.lastFault;
    return `No lease from the master: ${fault === undefined ? "not registered yet." : fault.message}`;
  }
}

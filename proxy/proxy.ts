import type { Registry } from "prom-client";
import type { CellService } from "../shared/gateway/cell-service.js";
import type { Bus } from "../shared/ports/bus.js";
import type { Clock } from "../shared/ports/clock.js";
import type { MasterLink } from "../shared/ports/link.js";
import type { Log } from "../shared/ports/log.js";
import type { Random } from "../shared/ports/random.js";
import { Sessions } from "../shared/sessions/sessions.js";
import { Batches } from "./batches.js";
import { Budget } from "./budget.js";
import { ProxyFeed } from "./feed.js";
import { Fills } from "./fills.js";
import { Forwarder } from "./forward.js";
import { Invalidations } from "./invalidations.js";
import { ProxyLease } from "./lease.js";
import { ProxyMetrics } from "./metrics.js";
import { ProxyService } from "./service.js";
import { SessionReport } from "./session-report.js";

export interface ProxySettings {
  /** For people. */
  readonly name: string;
  /** Where clients reach this proxy. */
  readonly url: string;
  readonly zone: string;
  readonly cacheBytes: number;
  /** How many entries a second the proxy may ask of the master (P12). */
  readonly fillKeysPerS: number;
  /** How many ends of sessions one renewal reports; `ENDS_REPORTED_MAX` if left out. */
  readonly endsReportedMax?: number;
}

export interface ProxyParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly bus: Bus;
  readonly link: MasterLink;
  readonly log: Log;
  readonly metrics: Registry;
  readonly settings: ProxySettings;
}

/** A stateless process near clients, composed and running. */
export interface StartedProxy {
  readonly service: CellService;
  /** Gives up the lease, so that no write waits for this proxy. To be called when its gateway has stopped. */
  stop(): Promise<void>;
}

/** Composes a proxy and begins to register at the master. It answers reads from its cache once it has a lease. */
export function startProxy(parts: ProxyParts): StartedProxy {
  const { clock, random, bus, link, log, settings } = parts;
  const { name, url, zone, endsReportedMax } = settings;
  const sessions = new Sessions({
    ...{ clock, random, endsReportedMax },
    mayKeepAlive: () => lease.running() !== undefined,
    execute: (write) => forwarder.execute(write),
    read: async (keys) => (await fills.readThrough(keys, "bypass")).entries,
    // The next renewal tells of it, within a second.
    ended: () => {},
  });
  const feed = new ProxyFeed({
    ...{ clock, link },
    onEpochOver: (epoch) => lease.reregister(epoch),
    onRepaired: () => metrics.gapRepaired(),
  });
  feed.follow({
    onCommit: ({ grants }) => {
      for (const grant of grants ?? []) sessions.granted(grant);
    },
    onLost: () => sessions.grantsLost(),
  });
  const lease: ProxyLease = new ProxyLease({
    ...{ clock, random, link, log },
    companion: new SessionReport(sessions, feed),
    proxy: { name, url, zone },
    onLost: (sure) => {
      service.leaseLost(sure);
      metrics.leaseLost();
    },
    onOwed: (rounds) => invalidations.owed(rounds),
  });
  const batches = new Batches({
    ...{ clock, link, lease },
    onSent: (writes) => metrics.batchSent(writes),
    onHeldUp: () => metrics.heldUp(),
  });
  const forwarder = new Forwarder({ clock, random, lease, batches, onRetry: () => metrics.retried() });
  const cache = () => service.cache;
  const service = new ProxyService({
    clock,
    bus,
    cacheBytes: settings.cacheBytes,
    lease,
    fills: () => fills,
    forwarder,
    sessions,
    feed,
  });
  const budget = new Budget(clock, settings.fillKeysPerS);
  const hit = (keys: readonly string[]) => service.readCached(keys);
  const fills: Fills = new Fills({ clock, link, lease, budget, cache, hit });
  const metrics = new ProxyMetrics(parts.metrics, { cache, lease, sessions });
  const invalidations = new Invalidations({
    ...{ clock, bus, lease, cache, fills, feed },
    dropSession: (sessionId, upTo) => sessions.drop(sessionId, "taken", upTo),
    onRound: metrics.roundTaken,
    onRefresh: metrics.refreshed,
  });
  lease.start();
  return {
    service,
    stop: async () => {
      invalidations.stop();
      feed.stop();
      await lease.leave();
      sessions.stop();
    },
  };
}

import { connectLink, type LinkClient } from "../proxy/link-client.js";
import { type StartedProxy, startProxy } from "../proxy/proxy.js";
import { systemClock } from "../shared/adapters/system-clock.js";
import { systemRandom } from "../shared/adapters/system-random.js";
import { startGateway } from "../shared/gateway/gateway.js";
import type { Bus } from "../shared/ports/bus.js";
import type { Log } from "../shared/ports/log.js";
import { drainOf } from "./drain.js";
import { urlOf } from "./hosts.js";
import { lateService } from "./late-service.js";
import { processMetrics } from "./process-metrics.js";

export interface ProxyOptions {
  readonly host: string;
  readonly port: number;
  /** The master's link. */
  readonly masterUrl: string;
  readonly secret: string;
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly zone: string;
  readonly cacheBytes: number;
  readonly fillKeysPerS: number;
  readonly drainMs: number;
  readonly socketsPerS: number;
  /** Closed when the proxy stops. */
  readonly bus: Bus;
  readonly log: Log;
}

export interface RunningProxy {
  readonly name: string;
  readonly url: string;
  readonly proxy: StartedProxy;
  /**
   * Sends clients elsewhere while the lease still runs, so that they are safe until they have moved; then the doors,
   * then the proxy, which gives its lease back; link and bus last.
   */
  readonly stop: () => Promise<void>;
}

/** A proxy with all that it needs. Resolves when it listens, which is before it has a lease. */
export async function runProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { host, port, log, bus, zone, cacheBytes, fillKeysPerS, socketsPerS } = options;
  const ports = { clock: systemClock, random: systemRandom, log, metrics: processMetrics() };
  const link: LinkClient = connectLink({ url: options.masterUrl, secret: options.secret });
  const late = lateService("proxy", "The proxy is starting.");
  const gateway = await startGateway({ ...ports, host, port, socketsPerS, service: late.service });
  const name = options.name ?? `proxy-${gateway.port}`;
  const url = options.url ?? urlOf(host, gateway.port);
  const proxy = startProxy({ ...ports, bus, link, settings: { name, url, zone, cacheBytes, fillKeysPerS } });
  late.serveWith(proxy.service);
  const stop = async (): Promise<void> => {
    await gateway.close(drainOf(options, name));
    await proxy.stop();
    await Promise.all([link.close(), bus.close()]);
  };
  return { name, url: urlOf(host, gateway.port), proxy, stop };
}

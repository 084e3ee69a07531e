import { join } from "node:path";
import { openLevelStore } from "../master/journal/level-store.js";
import { startLinkServer } from "../master/link/link-server.js";
import { type Master, startMaster } from "../master/master.js";
import type { ConfiguredToken } from "../master/tokens.js";
import { systemClock } from "../shared/adapters/system-clock.js";
import { systemRandom } from "../shared/adapters/system-random.js";
import { startGateway } from "../shared/gateway/gateway.js";
import type { Bus } from "../shared/ports/bus.js";
import type { Log } from "../shared/ports/log.js";
import { drainOf } from "./drain.js";
import { urlOf } from "./hosts.js";
import { lateService } from "./late-service.js";
import { processMetrics } from "./process-metrics.js";

export interface MasterOptions {
  readonly host: string;
  readonly port: number;
  readonly linkPort: number;
  readonly data: string;
  readonly locksPerPrincipal: number;
  readonly graceMs: number;
  readonly drainMs: number;
  readonly socketsPerS: number;
  readonly tokens: readonly ConfiguredToken[];
  readonly secret: string;
  /** Closed when the master stops. */
  readonly bus: Bus;
  readonly log: Log;
}

export interface RunningMaster {
  readonly url: string;
  readonly linkUrl: string;
  readonly master: Master;
  /** Sends clients elsewhere; then the doors, then the master, which waits for its proxies' leases; its disk last. */
  readonly stop: () => Promise<void>;
}

/** Where the journal is within the data directory. */
export const journalDirectory = (data: string): string => join(data, "journal");

/** A master with all that it needs: doors for clients and for proxies, and its disk. */
export async function runMaster(options: MasterOptions): Promise<RunningMaster> {
  const { host, log, bus } = options;
  const ports = { clock: systemClock, random: systemRandom, log, metrics: processMetrics() };
  const late = lateService("master", "The master is starting: it checks the files of its journal.");
  const nothing = async (): Promise<void> => {};
  const stops = { gateway: nothing, master: nothing, linkServer: nothing, bus: () => bus.close() };
  const stop = async (): Promise<void> => {
    for (const one of Object.values(stops)) await one();
  };
  try {
    const { port, socketsPerS } = options;
    const gateway = await startGateway({ ...ports, host, port, socketsPerS, service: late.service });
    stops.gateway = () => gateway.close(drainOf(options));
    const store = await openLevelStore(journalDirectory(options.data));
    stops.master = () => store.close(); // a master that runs closes it itself
    const { locksPerPrincipal, graceMs, tokens } = options;
    const settings = { locksPerPrincipal, graceMs, tokens };
    const onStarting = (progress: string): void => late.waitFor(`The master is starting: it ${progress}.`);
    const master = await startMaster({ ...ports, bus, store, settings, onStarting });
    stops.master = () => master.stop();
    const door = { link: master.link, secret: options.secret, host, port: options.linkPort };
    const linkServer = await startLinkServer({ ...ports, ...door });
    stops.linkServer = () => linkServer.close();
    late.serveWith(master.service);
    return { url: urlOf(host, gateway.port), linkUrl: urlOf(host, linkServer.port), master, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

import { openLog } from "../../../cli/log.js";
import { type RunningProxy, runProxy } from "../../../cli/run-proxy.js";
import { connectNatsBus } from "../../../shared/adapters/nats-bus.js";
import { LIMITS } from "../../../shared/protocol/limits.js";
import type { Entrance } from "../../cluster/cell.js";

const CELL = "local";

/**
 * Proxies within one process, each as `octofleet proxy` runs it, with a gateway, a connection to NATS and
 * a link of its own. Its parent says how many more it wants, and is told where they are.
 */
interface Wanted extends Entrance {
  /** Number of the first, for their names. */
  readonly first: number;
  readonly count: number;
}

const running: RunningProxy[] = [];

async function start({ masterUrl, secret, natsUrl: url }: Entrance, name: string): Promise<RunningProxy> {
  const log = openLog("error", name);
  const bus = await connectNatsBus({ url, cell: CELL, name, log });
  const door = { host: "127.0.0.1", port: 0, name, zone: "local" };
  const sizes = { cacheBytes: 2 ** 26, fillKeysPerS: 2_000, drainMs: 0, socketsPerS: LIMITS.socketsPerSDefault };
  return runProxy({ ...door, ...sizes, masterUrl, secret, bus, log });
}

async function startAll({ first, count, ...entrance }: Wanted): Promise<void> {
  const names = Array.from({ length: count }, (_, at) => `proxy-${first + at}`);
  const started = await Promise.all(names.map((name) => start(entrance, name)));
  running.push(...started);
  process.send?.({ urls: started.map(({ url }) => url) });
}

process.on("message", (wanted: Wanted) => void startAll(wanted));
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => void Promise.all(running.map(({ stop }) => stop())).then(() => process.exit()));

import { busOfCell } from "./buses.js";
import { openLog } from "./log.js";
import type { PortBlock } from "./ports.js";
import { type MasterOptions, type RunningMaster, runMaster } from "./run-master.js";
import { type RunningProxy, runProxy } from "./run-proxy.js";
import type { SettingsOf } from "./settings.js";

type Authority = Pick<MasterOptions, "tokens" | "secret">;

/** A master and its proxies in one process. */
export interface RunningCell {
  readonly master: RunningMaster;
  readonly proxies: readonly RunningProxy[];
  /** The proxies first: their master then has no lease to wait for. */
  readonly stop: () => Promise<void>;
}

/** Starts the parts of a cell, each as it would be in a process of its own; only the bus may be shared. */
export async function runCell(
  settings: SettingsOf<"start">,
  ports: PortBlock,
  { tokens, secret }: Authority,
): Promise<RunningCell> {
  const openBus = busOfCell(settings);
  const open = async (part: string) => {
    const log = openLog(settings.logLevel, part);
    return { log, bus: await openBus(part, log) };
  };
  const doors = { port: ports.master, linkPort: ports.link };
  const master = await runMaster({ ...settings, ...doors, tokens, secret, ...(await open("master")) });
  const proxies: RunningProxy[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await master.stop();
  };
  try {
    for (const [i, port] of ports.proxies.entries()) {
      const name = `proxy-${i + 1}`;
      const joining = { name, port, masterUrl: master.linkUrl, secret };
      proxies.push(await runProxy({ ...settings, ...joining, ...(await open(name)) }));
    }
    return { master, proxies, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

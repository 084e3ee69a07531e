import type { Cleanup } from "./cluster/cleanup.js";
import { type Drivers, type Load, startDrivers } from "./driver/drivers.js";
import { type Mix, ratePerClient } from "./mixes/mix.js";

/** What one process of clients plays with ease. */
const CLIENTS_PER_DRIVER = 5_000;

export interface LoadSettings {
  readonly mix: Mix;
  readonly clients: number;
  readonly proxies: number;
  /** How long is measured. */
  readonly seconds: number;
  /** How long everything runs before: in no figure. */
  readonly warmUp: number;
  /** Client operations a second, all clients together; else what so many real clients do. */
  readonly openLoop?: number | undefined;
  readonly seed: number;
  /** A cell that runs already; else the run has cells of its own. */
  readonly target?: Target | undefined;
}

/** By what addresses a running cell is asked, such as http://10.0.0.1:7100. */
export interface Target {
  readonly master: string;
  readonly gateways: readonly string[];
}

/** Directly at the master, or through the proxies. */
export type SideName = "direct" | "proxied";

/** Starts the processes that play the clients of one side; it differs from the other in whom they ask, and in nothing else. */
export function startSide(
  name: SideName,
  cleanup: Cleanup,
  { mix, clients, seed, openLoop }: LoadSettings,
  whom: Pick<Load, "urls" | "users" | "prefix" | "isGuest" | "begunNs">,
): Promise<Drivers> {
  const load: Load = {
    ...whom,
    mix,
    clients,
    seed,
    speed: openLoop === undefined ? 1 : openLoop / (ratePerClient(mix) * clients),
    fromIntended: openLoop !== undefined,
  };
  return startDrivers(cleanup, name, Math.ceil(clients / CLIENTS_PER_DRIVER), load);
}

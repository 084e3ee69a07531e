import { type Cell, startCell } from "./cluster/cell.js";
import { type Cleanup, withCleanup } from "./cluster/cleanup.js";
import type { Member } from "./cluster/member.js";
import { type Load, startDrivers } from "./driver/drivers.js";
import { ProgressLine } from "./progress-line.js";
import type { Phase, Run } from "./report/phase.js";
import { operationsOf } from "./report/phase.js";
import { addReadings, between, readingOf, total } from "./report/reading.js";

/** The locks of the mix are spread over several users, as nobody may hold more than 100. */
const USERS = 4;

export interface LoadSettings {
  readonly clients: number;
  readonly proxies: number;
  readonly seconds: number;
  /** Client operations a second, all clients together. */
  readonly rate: number;
  readonly seed: number;
  /** Processes that play the clients. */
  readonly drivers: number;
}

/**
 * Does the same client work twice, in one cell: first directly at the master, while there is no proxy,
 * and then through the proxies. Same seed, same operations, same pace; so what differs at the master is
 * what the proxies did.
 */
export function runLoad(settings: LoadSettings): Promise<Run> {
  return withCleanup(async (cleanup) => {
    const line = new ProgressLine();
    line.say("starting nats-server and master");
    const cell = await startCell(cleanup, USERS);
    const direct = await runPhase("direct", cleanup, settings, cell, []);
    line.say(`starting ${settings.proxies} proxies`);
    const proxies = await Promise.all(Array.from({ length: settings.proxies }, () => cell.startProxy()));
    const proxied = await runPhase("proxied", cleanup, settings, cell, proxies);
    return { direct, proxied };
  });
}

async function runPhase(
  name: string,
  cleanup: Cleanup,
  settings: LoadSettings,
  cell: Cell,
  proxies: readonly Member[],
): Promise<Phase> {
  const line = new ProgressLine();
  line.say(`${name}: opening ${settings.clients} sessions`);
  const drivers = await startDrivers(
    cleanup,
    Math.min(settings.drivers, settings.clients),
    loadOf(settings, cell, proxies),
  );
  const before = await read(cell, proxies);
  const begunMs = performance.now();
  const elapsed = () => (performance.now() - begunMs) / 1000;
  const running = drivers.run(({ done, failed }) => {
    line.say(`${name}: ${elapsed().toFixed(0)} of ${settings.seconds} s, ${done} operations, ${failed} errors`);
  });
  const outcome = await cell.whileUp(running);
  const elapsedSeconds = elapsed();
  const after = await read(cell, proxies);
  await drivers.stop();
  const phase = {
    outcome,
    elapsedSeconds,
    setUpCalls: total(before.master.link),
    master: between(before.master, after.master),
    proxies: between(before.proxies, after.proxies),
  };
  line.end(`${name}: ${operationsOf(phase)} operations in ${elapsedSeconds.toFixed(1)} s`);
  return phase;
}

function loadOf(settings: LoadSettings, cell: Cell, proxies: readonly Member[]): Load {
  return {
    urls: (proxies.length === 0 ? [cell.master] : proxies).map(({ url }) => url),
    tokens: cell.tokens,
    clients: settings.clients,
    operations: settings.rate * settings.seconds,
    perSecond: settings.rate,
    seed: settings.seed,
  };
}

async function read(cell: Cell, proxies: readonly Member[]) {
  const [master, ...rest] = await Promise.all([cell.master, ...proxies].map(readingOf));
  return { master: master as NonNullable<typeof master>, proxies: addReadings(rest) };
}

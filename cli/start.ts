import { resolve } from "node:path";
import { systemClock } from "../shared/adapters/system-clock.js";
import { systemRandom } from "../shared/adapters/system-random.js";
import { listKey } from "../shared/protocol/keys.js";
import { busOfCell, type OpenBus } from "./buses.js";
import { type Credentials, masterSecret, readCredentials } from "./credentials.js";
import { openDataDirectory } from "./data-directory.js";
import { usageError } from "./exit-error.js";
import { keepRunning, type Running } from "./lifetime.js";
import { openLog } from "./log.js";
import { untilReady } from "./ready.js";
import { type RunningMaster, runMaster } from "./run-master.js";
import { type RunningProxy, runProxy } from "./run-proxy.js";
import type { SettingsOf } from "./settings.js";
import type { Terminal } from "./terminal.js";
import { tellRevoked, tokensOnHangUp } from "./token-reload.js";
import { userOf } from "./tokens.js";
import { VERSION } from "./version.js";
import { type Welcome, welcomeScreen } from "./welcome.js";

type StartSettings = SettingsOf<"start">;

const FIRST_PROXY_OFFSET = 101;
const PORT_MAX = 65_535;
const READY_WITHIN_MS = 5_000;

/**
 * `octofleet start`: a whole cell in one process. Its parts are put together as in processes of their own
 * and speak with each other through the same doors; only the bus may be in memory.
 */
export function start(settings: StartSettings, terminal: Terminal): Promise<number> {
  return keepRunning(systemClock, terminal, () => startProcess(settings, terminal));
}

/** The block of ports that begins with `first`; if that is 0, any that are free. */
export function portBlock(first: number, proxies: number): { master: number; link: number; proxies: number[] } {
  const at = (offset: number): number => (first === 0 ? 0 : first + offset);
  const proxyPorts = Array.from({ length: proxies }, (_, i) => at(FIRST_PROXY_OFFSET + i));
  const last = Math.max(at(1), ...proxyPorts);
  if (last > PORT_MAX) throw usageError(`--port ${first} is too high: the last port of its block would be ${last}`);
  return { master: first, link: at(1), proxies: proxyPorts };
}

async function startProcess(settings: StartSettings, terminal: Terminal): Promise<Running> {
  const ports = portBlock(settings.port, settings.proxies);
  await openDataDirectory(settings.data);
  const credentials = await readCredentials(settings, systemRandom);
  const cell = await startCell(settings, ports, credentials);
  await untilReady(systemClock, cell.services, READY_WITHIN_MS);
  terminal.say(welcomeScreen(await welcomeOf(settings, credentials, cell), terminal.paint));
  const { master } = cell.master;
  tellRevoked(master, terminal);
  const reread = tokensOnHangUp({ settings, tokens: credentials.tokens, master, terminal });
  // Without a file to read again a hang-up means what it says: the terminal is gone.
  const hangUp = settings.staticTokensFile === undefined ? async () => "stop" as const : reread;
  return { failed: master.failed, hangUp, stop: cell.stop };
}

/** All parts of a cell; the proxies are stopped before their master. */
class Cell {
  readonly master: RunningMaster;
  readonly proxies: RunningProxy[] = [];

  constructor(master: RunningMaster) {
    this.master = master;
  }

  get services() {
    return [this.master.master.service, ...this.proxies.map(({ proxy }) => proxy.service)];
  }

  readonly stop = async (): Promise<void> => {
    await Promise.all(this.proxies.map((proxy) => proxy.stop()));
    await this.master.stop();
  };
}

async function startCell(
  settings: StartSettings,
  ports: ReturnType<typeof portBlock>,
  { tokens }: Credentials,
): Promise<Cell> {
  const secret = await masterSecret(settings, systemRandom);
  const open = openerOf(settings);
  const own = { port: ports.master, linkPort: ports.link, tokens, secret };
  const cell = new Cell(await runMaster({ ...settings, ...own, ...(await open("master")) }));
  try {
    for (const [i, port] of ports.proxies.entries()) {
      const name = `proxy-${i + 1}`;
      const joined = { name, port, masterUrl: cell.master.linkUrl, secret };
      cell.proxies.push(await runProxy({ ...settings, ...joined, ...(await open(name)) }));
    }
    return cell;
  } catch (error) {
    await cell.stop();
    throw error;
  }
}

/** Opens the log and the bus of a part. */
function openerOf(settings: StartSettings) {
  const openBus: OpenBus = busOfCell(settings);
  return async (part: string) => {
    const log = openLog(settings.logLevel, part);
    return { log, bus: await openBus(part, log) };
  };
}

async function welcomeOf(settings: StartSettings, { tokens, local }: Credentials, cell: Cell): Promise<Welcome> {
  const { service } = cell.master.master;
  const list = (await service.read([listKey("")], {})).entries[0]?.value;
  return {
    version: VERSION,
    masterUrl: cell.master.url,
    linkUrl: cell.master.linkUrl,
    proxies: cell.proxies.map(({ name, url, proxy }) => {
      const { ready, reason } = proxy.service.readiness();
      return { name, url, flaw: ready ? undefined : (reason ?? "it has no lease yet") };
    }),
    bus: settings.nats === undefined ? "in memory" : `NATS (${service.readiness().bus})`,
    data: resolve(settings.data),
    found: { locks: list?.kind === "list" ? list.locks.length : 0, revision: service.readiness().revision },
    token: local && { text: local.token, path: local.path },
    users: tokens.map(({ principal }) => userOf(principal)),
  };
}

import { resolve } from "node:path";
import { systemClock } from "../shared/adapters/system-clock.js";
import { systemRandom } from "../shared/adapters/system-random.js";
import { listKey } from "../shared/protocol/keys.js";
import { type Credentials, masterSecret, readCredentials } from "./credentials.js";
import { openDataDirectory } from "./data-directory.js";
import { keepRunning, type Running } from "./lifetime.js";
import { portBlock } from "./ports.js";
import { untilReady } from "./ready.js";
import { type RunningCell, runCell } from "./run-cell.js";
import type { SettingsOf } from "./settings.js";
import type { Terminal } from "./terminal.js";
import { tellRevoked, tokensOnHangUp } from "./token-reload.js";
import { userOf } from "./tokens.js";
import { VERSION } from "./version.js";
import { type Welcome, welcomeScreen } from "./welcome.js";

type StartSettings = SettingsOf<"start">;

const READY_WITHIN_MS = 5_000;

/**
 * `octofleet start`: a whole cell in one process, for trying it out and for developing against it. Its
 * parts speak with each other through the doors that they have as processes of their own, so that what
 * works here works there.
 */
export function start(settings: StartSettings, terminal: Terminal): Promise<number> {
  return keepRunning(systemClock, terminal, () => startProcess(settings, terminal), settings.drainMs);
}

async function startProcess(settings: StartSettings, terminal: Terminal): Promise<Running> {
  const ports = portBlock(settings);
  await openDataDirectory(settings.data);
  const credentials = await readCredentials(settings, systemRandom);
  const secret = await masterSecret(settings, systemRandom);
  const cell = await runCell(settings, ports, { tokens: credentials.tokens, secret });
  const { master } = cell.master;
  const services = [master.service, ...cell.proxies.map(({ proxy }) => proxy.service)];
  await untilReady(systemClock, services, READY_WITHIN_MS);
  terminal.say(welcomeScreen(await welcomeOf(settings, credentials, cell), terminal.paint));
  tellRevoked(master, terminal);
  const reread = tokensOnHangUp({ settings, tokens: credentials.tokens, master, terminal });
  // Without a file to read again a hang-up means what it says: the terminal is gone.
  const hangUp = settings.staticTokensFile === undefined ? async () => "stop" as const : reread;
  return { failed: master.failed, hangUp, stop: cell.stop };
}

async function welcomeOf(settings: StartSettings, { tokens, local }: Credentials, cell: RunningCell): Promise<Welcome> {
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

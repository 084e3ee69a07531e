import { systemClock } from "../shared/adapters/system-clock.js";
import { systemRandom } from "../shared/adapters/system-random.js";
import { busOfProcess } from "./buses.js";
import { masterSecret, readCredentials } from "./credentials.js";
import { openDataDirectory } from "./data-directory.js";
import { keepRunning, type Running } from "./lifetime.js";
import { openLog } from "./log.js";
import { linkPortOf } from "./ports.js";
import { runMaster } from "./run-master.js";
import type { SettingsOf } from "./settings.js";
import type { Terminal } from "./terminal.js";
import { tellRevoked, tokensOnHangUp } from "./token-reload.js";

type MasterSettings = SettingsOf<"master">;

/** `octofleet master`: the master of a cell, as a process of its own. */
export function master(settings: MasterSettings, terminal: Terminal): Promise<number> {
  return keepRunning(systemClock, terminal, () => startProcess(settings, terminal), settings.drainMs);
}

async function startProcess(settings: MasterSettings, terminal: Terminal): Promise<Running> {
  const linkPort = linkPortOf(settings);
  await openDataDirectory(settings.data);
  const { tokens, local } = await readCredentials(settings, systemRandom);
  const secret = await masterSecret(settings, systemRandom);
  const log = openLog(settings.logLevel, "master");
  const bus = await busOfProcess(settings)("master", log);
  const running = await runMaster({ ...settings, linkPort, tokens, secret, bus, log });
  if (local) terminal.say(`octofleet master: token ${local.made ? local.token : "as before"} (kept in ${local.path})`);
  terminal.say(`octofleet master: serving on ${running.url} (link ${running.linkUrl})`);
  tellRevoked(running.master, terminal);
  const hangUp = tokensOnHangUp({ settings, tokens, master: running.master, terminal });
  return { failed: running.master.failed, hangUp, stop: running.stop };
}

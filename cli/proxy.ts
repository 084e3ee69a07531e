import { systemClock } from "../shared/adapters/system-clock.js";
import { busOfProcess } from "./buses.js";
import { proxySecret } from "./credentials.js";
import { keepRunning, type Running } from "./lifetime.js";
import { openLog } from "./log.js";
import { untilReady } from "./ready.js";
import { runProxy } from "./run-proxy.js";
import type { SettingsOf } from "./settings.js";
import type { Terminal } from "./terminal.js";

type ProxySettings = SettingsOf<"proxy">;

/** `octofleet proxy`: one proxy, as a process of its own. It keeps trying if its master is not there. */
export function proxy(settings: ProxySettings, terminal: Terminal): Promise<number> {
  return keepRunning(systemClock, terminal, () => startProcess(settings, terminal), settings.drainMs);
}

async function startProcess(settings: ProxySettings, terminal: Terminal): Promise<Running> {
  const secret = await proxySecret(settings);
  const log = openLog(settings.logLevel, settings.name ?? "proxy");
  const bus = await busOfProcess(settings)(settings.name ?? "proxy", log);
  const running = await runProxy({ ...settings, masterUrl: settings.master, secret, bus, log });
  terminal.say(`octofleet proxy ${running.name}: listening on ${running.url}, joining ${settings.master}`);
  void untilReady(systemClock, [running.proxy.service]).then(() =>
    terminal.say(`octofleet proxy ${running.name}: serving on ${running.url}`),
  );
  const hangUp = async (): Promise<"stay"> => {
    terminal.say(`octofleet proxy ${running.name}: nothing to read again; the tokens are the master's.`);
    return "stay";
  };
  return { hangUp, stop: running.stop };
}

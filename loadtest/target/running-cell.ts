import { type Metrics, scrape } from "../cluster/metrics.js";
import { LockClient } from "../driver/lock-client.js";
import type { User } from "../driver/messages.js";
import { Refused } from "../driver/refused.js";
import { Tally } from "../driver/tally.js";
import { addReadings, type Reading, readingOf, total } from "../report/reading.js";
import type { Target } from "../sides.js";

const PROBE_TTL_SECONDS = 60;

/** A cell that runs already, as it is reached. */
export interface RunningCell extends Target {
  /** Where the master's `/metrics` are. */
  readonly masterMetrics: string;
  readonly tokens: readonly string[];
}

/** All counters at one instant. */
export interface Look {
  readonly atMs: number;
  readonly master: Reading;
  readonly proxies: Reading;
}

export async function lookAt({ masterMetrics, gateways }: RunningCell): Promise<Look> {
  const atMs = performance.now();
  const [master, ...proxies] = await Promise.all([masterMetrics, ...gateways].map((url) => readingOf({ url })));
  return { atMs, master: master as Reading, proxies: addReadings(proxies) };
}

/** Rejects, with a reason for people, unless the master is one and the gateways are those of proxies. */
export async function refuseOthers({ masterMetrics, gateways }: RunningCell): Promise<void> {
  if (!isMaster(await metricsOf(masterMetrics))) {
    throw new Error(`${masterMetrics}/metrics are not those of a master: --master or --master-metrics is wrong.`);
  }
  for (const url of gateways) {
    if (isProxy(await metricsOf(url))) continue;
    throw new Error(`${url}/metrics are not those of a proxy: --target takes the gateway of each proxy.`);
  }
}

/** Whether all proxies began in the master's second, as they do where they run in its process. */
export async function startedTogether({ masterMetrics, gateways }: RunningCell): Promise<boolean> {
  const all = await Promise.all([masterMetrics, ...gateways].map(metricsOf));
  return new Set(all.map((metrics) => metrics.sum("process_start_time_seconds"))).size === 1;
}

const isMaster = (metrics: Metrics): boolean => metrics.sum("octofleet_master_epoch") !== undefined;
const isProxy = (metrics: Metrics): boolean => metrics.sum("octofleet_proxy_lease") !== undefined;

async function metricsOf(url: string): Promise<Metrics> {
  try {
    return await scrape(url);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Error(`${url}/metrics cannot be read: ${message || code}.`);
  }
}

/** Takes a lock as each user, to learn what the cell shows in place of their name, and gives it back. */
export async function usersOf({ master, tokens }: RunningCell, prefix: string): Promise<User[]> {
  const locks = new LockClient(master, new Tally());
  const users: User[] = [];
  for (const [at, token] of tokens.entries())
    users.push({ token, holderId: await holderIdOf(locks, token, at, prefix) });
  return users;
}

async function holderIdOf(locks: LockClient, token: string, at: number, prefix: string): Promise<string> {
  const name = `${prefix}/user-${at + 1}`;
  try {
    const { leaseId } = await locks.acquire(token, name, PROBE_TTL_SECONDS, null);
    const { holder_id: holderId } = await locks.status(token, name);
    await locks.release(token, name, leaseId);
    return holderId as string;
  } catch (error) {
    const why = error instanceof Refused && error.code === "http_401" ? "the cell does not know it" : String(error);
    throw new Error(`token ${at + 1} cannot take a lock: ${why}.`);
  }
}

/** What clients asked for between two looks, of the master and of the proxies, and what it made proxies ask the master for. */
export const asked = ({ gateway, link }: Reading): number => total(clientCalls(gateway)) + total(causedByClients(link));

/** Probes, scrapes and looks at a list of proxies are not the work that is measured. */
const NO_WORK = ["health", "readyz", "other", "proxies"];
const clientCalls = (gateway: Reading["gateway"]): Reading["gateway"] =>
  new Map([...gateway].filter(([operation]) => !NO_WORK.includes(operation)));

/** A proxy registers, renews and asks for events in any case. */
const CAUSED_BY_CLIENTS = ["fill", "execute"];
export const causedByClients = (link: Reading["link"]): Reading["link"] =>
  new Map([...link].filter(([call]) => CAUSED_BY_CLIENTS.includes(call)));

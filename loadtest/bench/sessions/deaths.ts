import { type Cell, startCell } from "../../cluster/cell.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { isReady, launchMember, type Member } from "../../cluster/member.js";
import { scrape } from "../../cluster/metrics.js";
import { eventually } from "../../cluster/within.js";
import type { DeathFindings, DeathSizes, MasterDeath, ProxyDeath, Survival } from "./death-findings.js";
import { brokenPromises } from "./evidence.js";
import type { HolderPlan } from "./holder-messages.js";
import { Holders } from "./holders.js";
import { killClients, type Where } from "./kill-clients.js";
import { machineMs } from "./machine-time.js";
import { COLLECTING, heapBytes } from "./memory.js";
import { sampleMaster } from "./samples.js";

/** The clients are spread over so many processes. */
const PROCESSES = 4;
const CALM_MS = 2_000;
/** Of the clients, one for so many is there before. */
const WARM_SHARE = 2;
const RESUME_MS = 40_000;
const READY_MS = 30_000;
/** Beyond proxy lease and session lease: silence would have been reported by then (rule S5). */
const SILENCE_MARGIN_MS = 5_000;
const GRANTED_MS = 30_000;

/** All that is killed, or watched. */
interface Stage {
  readonly cleanup: Cleanup;
  readonly sizes: DeathSizes;
  readonly cell: Cell;
  readonly victim: Member;
  readonly others: readonly Member[];
  readonly holders: Holders;
}

/**
 * Clients of the real library with anchored sessions, all at one proxy, some with locks and some waiting for these;
 * then some clients are killed, then their proxy, then the master.
 */
export async function measureDeaths(
  cleanup: Cleanup,
  sizes: DeathSizes,
  say: (text: string) => void,
): Promise<DeathFindings> {
  say("starting a cell with three proxies");
  const master = ["--locks-per-principal", `${4 * sizes.clients}`];
  const cell = await startCell(cleanup, 1, { master, masterSettings: COLLECTING });
  const [victim, ...others] = [await cell.startProxy(), await cell.startProxy(), await cell.startProxy()];
  const where = whereOf(cell, victim, others, sizes);
  say(`${sizes.clients} clients of the library`);
  const bytesBefore = await heapBytes(cell.master);
  const holders = await Holders.begin(cleanup, plansOf(sizes, where));
  const bytesPerSession = ((await heapBytes(cell.master)) - bytesBefore) / sizes.clients;
  const stage = { cleanup, sizes, cell, victim, others, holders };

  say(`kill -9 of ${sizes.mortals} clients that others wait for`);
  const mortal = Array.from({ length: sizes.mortals }, (_, at) => `bench/mortal-${at}`);
  const freedAfterMs = await killClients(cleanup, mortal, where);
  say("kill -9 of a proxy of some clients, to warm the others up");
  await warm(stage);
  say(`kill -9 of the proxy of ${sizes.clients} sessions`);
  const proxyDeath = await killProxy(stage);
  say(`kill -9 of the master, for ${sizes.masterDeadMs / 1_000} s`);
  const masterDeath = await killMaster(stage);
  say("releasing what others wait for");
  await holders.release();
  const { look } = await holders.until(GRANTED_MS, ({ granted }) => granted === sizes.locks);
  const { held, losses } = await holders.report();
  return {
    anchored: { sessions: sizes.clients, bytesPerSession },
    ...{ freedAfterMs, proxyDeath, masterDeath, losses },
    ...brokenPromises(held),
    grantedInTheEnd: look.granted,
  };
}

/**
 * Another proxy has died under clients of its own a moment ago. The other proxies had nothing to do so far, and code that
 * was never run, or not for a minute, is not compiled: a third of the CPU time of master and proxies would go into that.
 * Those of a fleet have clients that come and go all the time.
 */
async function warm({ cleanup, cell, others, sizes }: Stage): Promise<void> {
  const doomed = await cell.startProxy();
  const clients = Math.ceil(sizes.clients / WARM_SHARE);
  const guests = await Holders.begin(cleanup, plansOf({ clients, locks: 0 }, whereOf(cell, doomed, others, sizes)));
  const killedMs = machineMs();
  await doomed.child.kill();
  await guests.until(RESUME_MS, ({ resumed }) => resumed === clients, killedMs);
  await guests.leave();
}

function whereOf({ tokens }: Cell, near: Member, others: readonly Member[], { leaseMs }: DeathSizes): Where {
  return { near: near.url, others: others.map(({ url }) => url), token: tokens[0] as string, leaseMs };
}

/** Who holds a lock is in another process than who waits for it. */
function plansOf({ clients, locks }: Pick<DeathSizes, "clients" | "locks">, where: Where): HolderPlan[] {
  const names = (count: number, prefix: string): string[] => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
  const share = (all: readonly string[], part: number): string[] => all.filter((_, at) => at % PROCESSES === part);
  const held = names(locks, "bench/held-");
  const idle = names(clients - 2 * locks, "bench/once-");
  return Array.from({ length: PROCESSES }, (_, part) => ({
    ...where,
    localAddress: `127.0.1.${part + 1}`,
    holds: share(held, part),
    waits: share(held, (part + 1) % PROCESSES),
    idle: share(idle, part),
  }));
}

async function killProxy(stage: Stage): Promise<ProxyDeath> {
  const { cell, victim, holders, sizes } = stage;
  const watching = sampleMaster(cell.master.url);
  await pause(CALM_MS);
  const killedMs = machineMs();
  await victim.child.kill();
  await holders.until(RESUME_MS, (look) => isWhole(look, sizes) && look.resumed === sizes.clients, killedMs);
  await pause(CALM_MS);
  const samples = await watching.stop();
  const { resumedMs } = await holders.report();
  const first = resumedMs.flatMap((times) => times.find((ms) => ms > killedMs) ?? []);
  return {
    ...(await survivalOf(stage)),
    resumedAfterMs: first.map((ms) => ms - killedMs),
    load: samples.map((sample) => ({ ...sample, atMs: sample.atMs - killedMs })),
  };
}

async function killMaster(stage: Stage): Promise<MasterDeath> {
  const { cleanup, cell, holders, sizes } = stage;
  await cell.master.child.kill();
  await pause(sizes.masterDeadMs);
  const startedMs = machineMs();
  const child = await launchMember(cell.masterSpec);
  cleanup.add(() => child.stop());
  await eventually(READY_MS, () => isReady(cell.master.url), `the master did not come back: ${child.tail()}`);
  const { isSo } = await holders.until(RESUME_MS, (look) => isWhole(look, sizes));
  const safeAfterMs = isSo ? machineMs() - startedMs : undefined;
  await pause(PROXY_LEASE_MS + sizes.leaseMs + SILENCE_MARGIN_MS - (machineMs() - startedMs));
  return { ...(await survivalOf(stage)), deadMs: sizes.masterDeadMs, safeAfterMs };
}

const PROXY_LEASE_MS = 3_000;

const isWhole = ({ safe, held }: { safe: number; held: number }, { clients, locks }: DeathSizes): boolean =>
  safe === clients && held === locks;

const ENDS = "octofleet_master_session_ends_total";

/** What the clients say, and what the cell says. */
async function survivalOf({ cell, holders, sizes }: Stage): Promise<Survival> {
  const { expired } = await holders.look();
  const agreed = await holders.verified();
  const metrics = await scrape(cell.master.url);
  return {
    sessions: sizes.clients,
    locks: sizes.locks,
    sessionsLost: expired,
    locksLost: sizes.locks - agreed,
    sessionsEnded: (metrics.sum(ENDS) ?? 0) - (metrics.by(ENDS, "cause").get("closed") ?? 0),
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

import { median } from "../median.js";
import { timesOf } from "../write/times.js";
import { type Load, loadsOf, spreadOf } from "./curves.js";
import type { Survival } from "./death-findings.js";
import type { SessionFindings } from "./findings.js";
import type { Renewals } from "./renewals.js";

/** What must be reached. */
export const BARS = {
  renewsPerSPerProxy: 1.1,
  /** How far the bytes of renewals may change, from few sessions to many. */
  flatWithin: 0.05,
  proxyBytes: 12 * 1_024,
  masterBytes: 1_024,
  /** Floor / proxy, by CPU time for each. */
  keepAliveRatio: 0.6,
  resumeP99Ms: 5_000,
  /** Beyond the session's lease. */
  freedMarginMs: 2_000,
} as const;

/** Reconnects are counted by so long. */
export const SPREAD_BUCKET_MS = 100;

export interface SessionVerdict {
  readonly leaseMs: number;
  readonly socketsPerProcess: number | undefined;
  readonly renewals: SessionFindings["idle"]["renewals"];
  readonly etcdLeases: SessionFindings["etcdLeases"];
  readonly memory: {
    readonly proxyBytes: number;
    readonly floorBytes: number;
    /** For a session that holds nothing, and for one that is anchored, its commands' remembered answers included. */
    readonly masterBytes: number;
    readonly anchoredBytes: number;
  };
  readonly keepAlives: {
    readonly proxyMicroseconds: number;
    readonly floorMicroseconds: number;
    readonly ratio: number;
  };
  readonly proxyDeath: Survival & {
    readonly resumed: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly lastMs: number;
    /** How many were resumed in each `SPREAD_BUCKET_MS` from the kill on. */
    readonly spread: readonly number[];
    readonly load: readonly Load[];
  };
  readonly masterDeath: SessionFindings["deaths"]["masterDeath"];
  readonly freed: { readonly locks: number; readonly p50Ms: number; readonly lastMs: number };
  readonly doubleHolders: number;
  /** What was found otherwise than it should be. */
  readonly misses: readonly string[];
  /** Why the run is void, if it is. */
  readonly flaws: readonly string[];
}

/** Judges what was seen. */
export function sessionVerdictOf(findings: SessionFindings): SessionVerdict {
  const { idle, deaths, leaseMs, socketsPerProcess } = findings;
  const { resumedAfterMs, load, ...survival } = deaths.proxyDeath;
  const judged = {
    ...{ leaseMs, socketsPerProcess },
    renewals: idle.renewals,
    etcdLeases: findings.etcdLeases,
    memory: {
      proxyBytes: idle.memory.proxy.bytesPerSession,
      floorBytes: idle.memory.floor.bytesPerSession,
      masterBytes: idle.memory.master.bytesPerSession,
      anchoredBytes: deaths.anchored.bytesPerSession,
    },
    keepAlives: keepAlivesOf(idle.keepAlives),
    proxyDeath: {
      ...survival,
      ...timesOf(resumedAfterMs),
      resumed: resumedAfterMs.length,
      lastMs: Math.max(...resumedAfterMs),
      spread: spreadOf(resumedAfterMs, SPREAD_BUCKET_MS),
      load: loadsOf(load),
    },
    masterDeath: deaths.masterDeath,
    freed: {
      locks: deaths.freedAfterMs.length,
      p50Ms: timesOf(deaths.freedAfterMs).p50Ms,
      lastMs: Math.max(...deaths.freedAfterMs),
    },
    doubleHolders: deaths.doubleHolders.length,
  };
  return { ...judged, misses: missesOf(judged, findings), flaws: flawsOf(findings) };
}

/** Whether a run measured what it should, and found it as it should be. */
export const sessionsPass = ({ flaws, misses }: SessionVerdict): boolean => flaws.length + misses.length === 0;

function keepAlivesOf(pairs: SessionFindings["idle"]["keepAlives"]): SessionVerdict["keepAlives"] {
  return {
    proxyMicroseconds: median(pairs.map(({ proxy }) => proxy.cpuMicroseconds)),
    floorMicroseconds: median(pairs.map(({ floor }) => floor.cpuMicroseconds)),
    // Of the pairs' ratios: the machine changes from pair to pair.
    ratio: median(pairs.map(({ proxy, floor }) => floor.cpuMicroseconds / proxy.cpuMicroseconds)),
  };
}

function missesOf(judged: Omit<SessionVerdict, "misses" | "flaws">, { deaths, leaseMs }: SessionFindings): string[] {
  const { memory, keepAlives, proxyDeath, masterDeath, freed } = judged;
  const bars: readonly (readonly [boolean, string])[] = [
    ...judged.renewals.flatMap(([few, many]) => renewalBars(few, many)),
    [memory.proxyBytes <= BARS.proxyBytes, "a session's memory at its proxy is above the bar"],
    [memory.masterBytes <= BARS.masterBytes, "a session's memory at the master is above the bar"],
    [keepAlives.ratio >= BARS.keepAliveRatio, "KeepAlives are slower than the bar"],
    ...survivalBars("the proxy", proxyDeath, deaths.freedAfterMs.length),
    [proxyDeath.resumed === proxyDeath.sessions, "some sessions were not resumed after the proxy's death"],
    [proxyDeath.p99Ms < BARS.resumeP99Ms, "p99 of the time to resume is above the bar"],
    ...survivalBars("the master", masterDeath, 0),
    [masterDeath.safeAfterMs !== undefined, "some sessions did not become safe again after the master's death"],
    [freed.lastMs <= leaseMs + BARS.freedMarginMs, "a dead client's lock came free too late"],
    [deaths.doubleHolders.length === 0, ...first(deaths.doubleHolders)],
    [deaths.fencing.length === 0, ...first(deaths.fencing)],
    [deaths.losses.length === 0, ...first(deaths.losses)],
    [deaths.grantedInTheEnd === proxyDeath.locks, "somebody who waited through it all did not get the lock in the end"],
  ];
  return bars.flatMap(([reached, miss]) => (reached ? [] : [miss]));
}

type Bar = readonly [reached: boolean, miss: string];

const first = (sentences: readonly string[]): [string] => [`${sentences[0]} (${sentences.length} in all)`];

function renewalBars(few: Renewals, many: Renewals): Bar[] {
  const where = `at ${many.proxies} ${many.proxies === 1 ? "proxy" : "proxies"}`;
  return [
    [many.requestsPerS <= BARS.renewsPerSPerProxy * many.proxies, `${where} the master hears too many renewals`],
    [Math.abs(growthOf(few, many)) <= BARS.flatWithin, `${where} the bytes of renewals grow with the sessions`],
  ];
}

/** How much more bytes of renewals there are with many sessions: 0.01 is one percent. */
export const growthOf = (few: Renewals, many: Renewals): number => many.bytesPerS / few.bytesPerS - 1;

function survivalBars(whose: string, { sessionsLost, sessionsEnded, locksLost }: Survival, dead: number): Bar[] {
  return [
    [sessionsLost === 0, `${sessionsLost} sessions were lost with ${whose}`],
    [sessionsEnded <= dead, `the master ended ${sessionsEnded - dead} sessions after the death of ${whose}`],
    [locksLost === 0, `${locksLost} locks were lost with ${whose}`],
  ];
}

function flawsOf({ idle, deaths, etcdLeases, leaseMs }: SessionFindings): string[] {
  const lostLeases = etcdLeases?.failures ?? 0;
  return [
    ...(lostLeases === 0 ? [] : [`etcd: ${lostLeases} leases or streams were lost`]),
    ...idle.renewals.flat().flatMap((renewals) => renewalFlaws(renewals, leaseMs)),
    ...(deaths.proxyDeath.locks === 0 ? ["no locks were held"] : []),
  ];
}

/** The crowd must have been there, or nothing was aggregated. */
function renewalFlaws({ sessions, proxies, keepAlivesPerS, failures }: Renewals, leaseMs: number): string[] {
  const where = `${sessions} sessions at ${proxies}:`;
  const duePerS = (sessions * 3_000) / leaseMs;
  return [
    ...(failures === 0 ? [] : [`${where} ${failures} KeepAlives or sockets failed`]),
    ...(keepAlivesPerS > duePerS * 0.9
      ? []
      : [`${where} only ${Math.round(keepAlivesPerS)} KeepAlives/s of ${duePerS}`]),
  ];
}

import { sparkline } from "../../report/sparkline.js";
import { shown, tableOf } from "../../report/table.js";
import { BARS, growthOf, type SessionVerdict, SPREAD_BUCKET_MS, sessionsPass } from "./verdict.js";

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const kib = (bytes: number): number => bytes / 1_024;

/** A verdict as people read it. */
export function sessionVerdictText(verdict: SessionVerdict): string {
  return [
    renewalTable(verdict),
    ...etcdText(verdict),
    limitText(verdict),
    costTable(verdict),
    deathText(verdict),
    ...verdict.flaws.map((flaw) => `VOID  ${flaw}`),
    ...verdict.misses.map((miss) => `MISSED  ${miss}`),
    lastLine(verdict),
  ].join("\n");
}

function renewalTable({ renewals, leaseMs }: SessionVerdict): string {
  return [
    tableOf(
      ["what the master hears", "sessions", "KeepAlives/s", "renewals/s", "bar", "bytes/s", "growth", "bar"],
      renewals.flatMap(([few, many]) =>
        [few, many].map((row) => [
          ...[
            `${row.proxies} ${row.proxies === 1 ? "proxy" : "proxies"}`,
            row.sessions,
            Math.round(row.keepAlivesPerS),
          ],
          ...[row.requestsPerS, shown(BARS.renewsPerSPerProxy * row.proxies), Math.round(row.bytesPerS)],
          ...(row === few ? [undefined, undefined] : [percent(growthOf(few, many)), `± ${percent(BARS.flatWithin)}`]),
        ]),
      ),
    ),
    `Sessions of ${leaseMs / 1_000} s that hold nothing; the KeepAlives are the proxies', and none of them reaches the master.`,
  ].join("\n");
}

function etcdText({ etcdLeases, renewals }: SessionVerdict): string[] {
  const [ours] = renewals[0] as SessionVerdict["renewals"][number];
  if (etcdLeases === undefined) return [];
  const { leases, keepAlivesPerS, atServerPerS } = etcdLeases;
  return [
    tableOf(
      ["beside etcd, through one proxy", "sessions or leases", "KeepAlives/s", "of them at the master/s"],
      [
        ["cell", ours.sessions, ours.keepAlivesPerS, ours.requestsPerS],
        ["etcd through grpc-proxy", leases, keepAlivesPerS, atServerPerS],
      ],
    ),
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function limitText({ renewals, socketsPerProcess }: SessionVerdict): string {
  if (socketsPerProcess === undefined) return "This system does not say how many files a process may have.";
  const [, many] = renewals[0] as SessionVerdict["renewals"][number];
  return many.sessions < socketsPerProcess
    ? `The file limit holds ${socketsPerProcess} sockets a process; no more than ${many.sessions} were asked of one proxy.`
    : `The file limit of a process holds ${many.sessions} sockets: it does not hold the 40,000 of a large proxy, which are not measured here.`;
}

function costTable({ memory, keepAlives }: SessionVerdict): string {
  return tableOf(
    ["a session", "measured", "bar", "floor"],
    [
      ["resident at its proxy, KiB", kib(memory.proxyBytes), kib(BARS.proxyBytes), kib(memory.floorBytes)],
      ["resident at the master, KiB", kib(memory.masterBytes), kib(BARS.masterBytes)],
      ["heap of the master, once anchored, with what its two commands were answered, KiB", kib(memory.anchoredBytes)],
      ["CPU of a KeepAlive, µs", keepAlives.proxyMicroseconds, undefined, keepAlives.floorMicroseconds],
      ["  rate, by that, of the floor's", keepAlives.ratio, shown(BARS.keepAliveRatio), 1],
    ],
  );
}

function deathText({ proxyDeath, masterDeath, freed, doubleHolders, leaseMs }: SessionVerdict): string {
  const { sessions, locks, resumed, p50Ms, p99Ms, lastMs, spread, load } = proxyDeath;
  const peak = (of: (at: (typeof load)[number]) => number): number => Math.max(0, ...load.map(of));
  return [
    `kill -9 of a proxy under ${sessions} sessions and ${locks} locks: ${proxyDeath.sessionsLost} sessions and ${proxyDeath.locksLost} locks lost, ${doubleHolders} double holders.`,
    `  ${resumed} resumed: p50 ${seconds(p50Ms)}, p99 ${seconds(p99Ms)} (below ${seconds(BARS.resumeP99Ms)}), the last after ${seconds(lastMs)}`,
    `  resumed, per ${SPREAD_BUCKET_MS} ms   ${sparkline(spread)}  most ${Math.max(0, ...spread)}`,
    `  master, calls/s      ${sparkline(load.map(({ callsPerS }) => callsPerS))}  most ${shown(Math.round(peak(({ callsPerS }) => callsPerS)))}, from ${seconds(load[0]?.atMs ?? 0)} to ${seconds(load.at(-1)?.atMs ?? 0)}`,
    `  master, of one core  ${sparkline(load.map(({ cpuShare }) => cpuShare))}  most ${percent(peak(({ cpuShare }) => cpuShare))}`,
    `kill -9 of the master for ${seconds(masterDeath.deadMs)}: ${masterDeath.sessionsLost} sessions expired, ${masterDeath.locksLost} locks lost; ${
      masterDeath.safeAfterMs === undefined
        ? "not all were safe again."
        : `all safe ${seconds(masterDeath.safeAfterMs)} after it was started.`
    }`,
    `kill -9 of ${freed.locks} clients: their locks had new holders after p50 ${seconds(freed.p50Ms)}, the last after ${seconds(freed.lastMs)} (at most ${seconds(leaseMs + BARS.freedMarginMs)}).`,
  ].join("\n");
}

function lastLine(verdict: SessionVerdict): string {
  if (verdict.flaws.length > 0) return "The run is void: it did not measure what it says.";
  return sessionsPass(verdict) ? "All bars are reached." : "Some bars are MISSED.";
}

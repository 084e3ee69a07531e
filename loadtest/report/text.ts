import type { Report, Side } from "./schema.js";
import { shown, tableOf } from "./table.js";

/** A run as people read it in a terminal. */
export function textOf(report: Report): string {
  const { direct, proxied, target } = report;
  return [
    `${report.mix}: ${report.clients} clients, ${report.proxies} proxies, ${report.seconds} s, seed ${report.seed}`,
    ...(target === null
      ? []
      : [`At a running cell, in turns: master ${target.master}, proxies ${target.gateways.join(", ")}`]),
    "",
    `What the clients did, and how long an answer took (ms${report.openLoopPerS === null ? "" : ", from the intended start"})`,
    clientTable(report),
    "CreateSession closes the client's old session, Acquire and Elect release their lock again: both are in their time.",
    "",
    "What reached the master",
    masterTable(report),
    "",
    ...summary(report),
    ...[direct, proxied].flatMap((side) => side.errorExamples.map((error) => `ERROR  ${error}`)),
    ...report.bars.map(
      ({ what, atLeast, measured, met }) =>
        `${met ? "bar met    " : "BAR MISSED "} ${what}: ${factor(measured, Number(met), 0)}, at least ${shown(atLeast)}`,
    ),
    ...report.failureReasons.map((reason) => `FAILED  ${reason}`),
    report.pass ? "passed" : "did not pass",
  ].join("\n");
}

/** Reads that a master answered itself, and those of proxies that they could not answer without it. */
export const readsOf = ({ masterRequests }: Side): number => masterRequests["gateway status"] ?? 0;
export const fillsOf = ({ masterRequests }: Side): number => masterRequests["link fill"] ?? 0;

/** What the validators found, and of what they know nothing. */
export function promisesText({ direct, proxied }: Report): string {
  const broken = direct.promises.broken.length + proxied.promises.broken.length;
  const isUndecided = direct.promises.undecided || proxied.promises.undecided;
  return `${broken === 0 ? "none" : broken} broken${isUndecided ? ", freshness undecided" : ""}`;
}

/** Why the CPU time of a running cell's master is not told, where it is not. */
export const cpuUntold = ({ target, direct }: Report): string =>
  target !== null && direct.masterCpuS === null
    ? "not told: the proxies run in the master's process, or it does not say what it used"
    : "";

/** How many times less; it is infinite only where there was something before, and nothing is left. */
export const factor = (value: number | null, before: number | null, after: number | null): string =>
  value !== null ? shown(value) : before !== null && before > 0 && after === 0 ? "∞" : "–";

/** CPU seconds of a side's master above those of one with nothing to do; null where nobody can tell. */
export const cpuAboveIdle = ({ idle, proxied }: Report, { masterCpuS, elapsedSeconds }: Side): number | null =>
  masterCpuS === null || idle.masterCpuS === null
    ? null
    : Math.max(0, masterCpuS - (idle.masterCpuS / proxied.elapsedSeconds) * elapsedSeconds);

function clientTable({ direct, proxied }: Report): string {
  const ofKind = (side: Side, kind: string) => {
    const { p50, p99, max } = side.latencyMs[kind] ?? {};
    return [(side.clientOps[kind] ?? 0) / side.elapsedSeconds, p50, p99, max];
  };
  const all = (side: Side) => [side.clientOpsPerS, "", "", ""];
  const rest = ["p50", "p99", "max"];
  const kinds = [...new Set([...Object.keys(direct.clientOps), ...Object.keys(proxied.clientOps)])];
  return tableOf(
    ["", "direct/s", ...rest, "proxied/s", ...rest],
    [
      ...kinds.map((kind) => [kind, ...ofKind(direct, kind), ...ofKind(proxied, kind)]),
      ["all", ...all(direct), ...all(proxied)],
    ],
  );
}

function masterTable({ direct, proxied }: Report): string {
  const row = (name: string, one: number, other: number) => [
    ...[name, one, one / direct.elapsedSeconds],
    ...[other, other / proxied.elapsedSeconds],
  ];
  const names = [...new Set([...Object.keys(direct.masterRequests), ...Object.keys(proxied.masterRequests)])];
  const sum = ({ masterRequests }: Side): number => Object.values(masterRequests).reduce((all, one) => all + one, 0);
  return tableOf(
    ["", "direct", "direct/s", "proxied", "proxied/s"],
    [
      ...names.map((name) => row(name, direct.masterRequests[name] ?? 0, proxied.masterRequests[name] ?? 0)),
      row("all requests", sum(direct), sum(proxied)),
    ],
  );
}

function summary(report: Report): string[] {
  const { direct, proxied, reduction, counts } = report;
  const { requests, keepAlives, reads } = reduction;
  const { hits, misses, stale, hitRatio } = proxied.cache;
  const judged = direct.promises.judged + proxied.promises.judged;
  return [
    `Times less at the master  requests ${factor(requests, direct.masterRequestsPerS, proxied.masterRequestsPerS)}, KeepAlives ${factor(keepAlives, direct.masterKeepAlivesPerS, proxied.masterKeepAlivesPerS)} (renewals remain), reads ${factor(reads, readsOf(direct), fillsOf(proxied))} (fills remain)`,
    `CPU time of the master    ${cpuUntold(report) || cpuText(report)}`,
    `Cache                     ${hitRatio === null ? "no reads" : `${shown(hitRatio * 100)} % of ${shown(hits + misses + stale)} reads at the proxies were hits`}`,
    `Counts                    ${counts.compared} compared with what the clients sent, ${counts.mismatches.length === 0 ? "all agree" : `${counts.mismatches.length} do not agree`}`,
    `Promises                  ${shown(judged)} operations on locks judged, ${promisesText(report)}`,
  ];
}

function cpuText(report: Report): string {
  const { direct, proxied, idle, reduction } = report;
  const seconds = (value: number | null) => (value === null ? "–" : `${shown(value)} s`);
  const times = factor(reduction.masterCpu, cpuAboveIdle(report, direct), cpuAboveIdle(report, proxied));
  return (
    `direct ${seconds(direct.masterCpuS)}, proxied ${seconds(proxied.masterCpuS)}, with nothing to do ${seconds(idle.masterCpuS)}: ` +
    `${times} times less above idle; of the proxies together ${seconds(proxied.proxyCpuS)}`
  );
}

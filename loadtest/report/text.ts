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
        `${met ? "bar met    " : "BAR MISSED "} ${what}: ${factor(measured, Number(met))}, at least ${shown(atLeast)}`,
    ),
    ...report.failureReasons.map((reason) => `FAILED  ${reason}`),
    report.pass ? "passed" : "did not pass",
  ].join("\n");
}

/** How many times less; with something before, and no factor, nothing was left. */
export const factor = (value: number | null, before = 0): string =>
  value === null ? (before > 0 ? "∞" : "–") : shown(value);

function clientTable({ direct, proxied, seconds }: Report): string {
  const ofKind = (side: Side, kind: string) => {
    const { p50, p99, max } = side.latencyMs[kind] ?? {};
    return [(side.clientOps[kind] ?? 0) / seconds, p50, p99, max];
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

function masterTable({ direct, proxied, seconds }: Report): string {
  const row = (name: string, one: number, other: number) => [name, one, one / seconds, other, other / seconds];
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

function summary({ direct, proxied, idle, reduction, counts }: Report): string[] {
  const { requests, keepAlives, reads, masterCpu } = reduction;
  const seconds = (value: number | null) => (value === null ? "–" : `${shown(value)} s`);
  const { hits, misses, stale, hitRatio } = proxied.cache;
  const judged = direct.promises.judged + proxied.promises.judged;
  return [
    `Times less at the master  requests ${factor(requests)}, KeepAlives ${factor(keepAlives)} (renewals remain), reads ${factor(reads, direct.masterRequests["gateway status"])} (fills remain)`,
    `CPU time of the master    direct ${seconds(direct.masterCpuS)}, proxied ${seconds(proxied.masterCpuS)}, with nothing to do ${seconds(idle.masterCpuS)}: ` +
      `${factor(masterCpu, direct.masterCpuS ?? 0)} times less above idle; of the proxies together ${seconds(proxied.proxyCpuS)}`,
    `Cache                     ${hitRatio === null ? "no reads" : `${shown(hitRatio * 100)} % of ${shown(hits + misses + stale)} reads at the proxies were hits`}`,
    `Counts                    ${counts.compared} compared with what the clients sent, ${counts.mismatches.length === 0 ? "all agree" : `${counts.mismatches.length} do not agree`}`,
    `Promises                  ${shown(judged)} operations on locks judged, ${direct.promises.broken.length + proxied.promises.broken.length} broken`,
  ];
}

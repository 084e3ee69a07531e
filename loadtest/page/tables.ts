import { KINDS_EXPLAINED } from "../mixes/kinds.js";
import type { Report } from "../report/schema.js";
import { cpuUntold, promisesText } from "../report/text.js";
import { element, escaped, readable } from "./markup.js";

type Cell = string | number | undefined;

const cells = (name: "td" | "th", row: readonly Cell[]): string =>
  row.map((cell) => `<${name}>${typeof cell === "number" ? readable(cell) : (cell ?? "–")}</${name}>`).join("");

const table = (head: string, rows: readonly (readonly Cell[])[]): string =>
  `<div class="card scroll" tabindex="0"><p class="hint">Further columns stand to the right: scroll →</p><table>${head}${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("")}</table></div>`;

const sides = (columns: number): string =>
  `<tr><th></th><th class="direct" colspan="${columns}">directly at the master</th><th class="proxied" colspan="${columns}">through the proxies</th></tr>`;

export function clientTable({ direct, proxied }: Report): string {
  const names = [...new Set([...Object.keys(direct.clientOps), ...Object.keys(proxied.clientOps)])];
  const of = (side: Report["direct"], kind: string): Cell[] => {
    const { p50, p99, max } = side.latencyMs[kind] ?? {};
    return [(side.clientOps[kind] ?? 0) / side.elapsedSeconds, p50, p99, max];
  };
  const head = `${sides(4)}<tr>${cells("th", ["", "a second", "p50", "p99", "max", "a second", "p50", "p99", "max"])}</tr>`;
  const rows = names.map((kind) => [escaped(kind), ...of(direct, kind), ...of(proxied, kind)]);
  const explained = names.map(
    (kind) => `<dt>${escaped(kind)}</dt><dd>${escaped(KINDS_EXPLAINED[kind as "Open"] ?? "")}</dd>`,
  );
  return `<div class="stack">${table(head, rows)}<div class="card"><dl>${explained.join("")}</dl></div></div>`;
}

export function callTable({ direct, proxied }: Report): string {
  const names = [...new Set([...Object.keys(direct.masterRequests), ...Object.keys(proxied.masterRequests)])];
  const row = (name: string, one: number, other: number): Cell[] => [
    ...[name, one, one / direct.elapsedSeconds],
    ...[other, other / proxied.elapsedSeconds],
  ];
  const all = ({ masterRequests }: Report["direct"]): number =>
    Object.values(masterRequests).reduce((sum, count) => sum + count, 0);
  const head = `${sides(2)}<tr>${cells("th", ["", "in all", "a second", "in all", "a second"])}</tr>`;
  return table(head, [
    ...names.map((name) => row(escaped(name), direct.masterRequests[name] ?? 0, proxied.masterRequests[name] ?? 0)),
    row("<b>all</b>", all(direct), all(proxied)),
  ]);
}

/** How many times less reached the master at each size of a sweep. */
export function factorTable(reports: readonly Report[]): string {
  const head = `<tr>${cells("th", ["clients", "requests a second", "fewer requests", "fewer KeepAlives", "less CPU above idle", ""])}</tr>`;
  const times = (value: number | null): Cell => (value === null ? undefined : `${readable(value)} ×`);
  const rows = reports.map(({ clients, direct, proxied, reduction, pass }) => [
    clients,
    `${readable(direct.masterRequestsPerS)} → ${readable(proxied.masterRequestsPerS)}`,
    ...[reduction.requests, reduction.keepAlives, reduction.masterCpu].map(times),
    `<span class="badge ${pass ? "good" : "bad"}">${pass ? "passed" : "did not pass"}</span>`,
  ]);
  return table(head, rows);
}

/** What was run on what, and what was checked. */
export function facts(report: Report): string {
  const { machine, counts, direct, proxied, idle, target } = report;
  const cpu = (value: number | null): string => (value === null ? "unknown" : `${readable(value)} s`);
  const judged = direct.promises.judged + proxied.promises.judged;
  const rows: readonly (readonly [string, string])[] = [
    ["Mix", `${report.mix}: ${report.about}`],
    [
      "Load",
      report.openLoopPerS === null
        ? "at the rates of real clients"
        : `${readable(report.openLoopPerS)} operations a second, open loop`,
    ],
    [
      "Size",
      `${readable(report.clients)} clients, ${report.proxies} proxies, each a process; clients in processes of their own`,
    ],
    [
      "Time",
      `${readable(report.seconds)} s measured, after ${readable(report.warmUpSeconds)} s of warm-up that are in no figure`,
    ],
    [
      "Cell",
      target === null
        ? "two of its own, and one with nothing to do, each with a nats-server"
        : `running: master ${target.master}, proxies ${target.gateways.join(", ")}`,
    ],
    ["Seed", String(report.seed)],
    ["Commit", report.commit],
    [
      target === null ? "Machine" : "Machine of the clients",
      `${machine.processor}, ${machine.cores} cores, ${readable(machine.memoryGiB)} GiB, ${machine.platform}, Node ${machine.node}`,
    ],
    [
      "CPU time",
      cpuUntold(report) ||
        `master direct ${cpu(direct.masterCpuS)}, proxied ${cpu(proxied.masterCpuS)}, with nothing to do ${cpu(idle.masterCpuS)}; the proxies together ${cpu(proxied.proxyCpuS)}`,
    ],
    [
      "Counts",
      `${counts.compared} compared with what the clients sent, ${counts.mismatches.length === 0 ? "all agree" : `${counts.mismatches.length} do not agree`}`,
    ],
    [
      "Promises",
      `${readable(judged)} operations on locks judged for mutual exclusion, fencing, freshness and durability: ${promisesText(report)}`,
    ],
    [
      "Errors",
      `${direct.errors} directly, ${proxied.errors} proxied; sessions lost: ${direct.sessionsLost + proxied.sessionsLost}`,
    ],
  ];
  return element(
    "div",
    { class: "card" },
    `<dl>${rows.map(([what, is]) => `<dt>${what}</dt><dd>${escaped(is)}</dd>`).join("")}</dl>`,
  );
}

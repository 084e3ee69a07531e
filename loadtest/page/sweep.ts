import type { Report } from "../report/schema.js";
import { type Line, legend, lineChart } from "./line-chart.js";
import { element, escaped, readable } from "./markup.js";
import { factorTable } from "./tables.js";

const SIDES = [
  ["direct", "directly at the master"],
  ["proxied", "through the proxies"],
] as const;

/** What reaches the master as the clients grow: the point of the tier is that one of the lines is flat. */
export function sweepCharts(reports: readonly Report[]): string {
  const line = (name: string, of: string, value: (report: Report) => number | null): Line => ({
    ...{ name, of },
    points: reports.flatMap((report) => {
      const at = value(report);
      return at === null || at <= 0 ? [] : [[report.clients, at] as const];
    }),
  });
  const percent = (cpuS: number | null, { elapsedSeconds }: Report["direct"]): number | null =>
    cpuS === null ? null : (cpuS / elapsedSeconds) * 100;
  const requests = SIDES.map(([side, name]) => line(name, side, (report) => report[side].masterRequestsPerS));
  const cpu = [
    ...SIDES.map(([side, name]) => line(name, side, (report) => percent(report[side].masterCpuS, report[side]))),
    line("a master with nothing to do", "idle", (report) => percent(report.idle.masterCpuS, report.proxied)),
  ];
  const ticks = reports.map(({ clients }) => [clients, readable(clients)] as const);
  const x = { logarithmic: true, isTight: true, label: "clients", ticks };
  const charts = [
    chart("Requests a second at the master", requests, x),
    chart("CPU of the master, % of one core", cpu, x),
  ];
  return `<div class="stack">${element("div", { class: "two" }, charts.join(""))}${factorTable(reports)}</div>`;
}

function chart(title: string, lines: readonly Line[], x: Parameters<typeof lineChart>[0]["x"]): string {
  const drawn = lineChart({ title, lines, x, y: { logarithmic: true, label: "" } });
  return element("figure", {}, element("figcaption", {}, escaped(title)) + legend(lines) + drawn);
}

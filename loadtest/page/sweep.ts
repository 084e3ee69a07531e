import type { Report } from "../report/schema.js";
import { type Line, legend, lineChart } from "./line-chart.js";
import { element, escaped, readable } from "./markup.js";

const AXIS = { logarithmic: true };

/** What reaches the master as the clients grow: the point of the tier is that one of the lines is flat. */
export function sweepCharts(reports: readonly Report[]): string {
  const ticks = reports.map(({ clients }) => [clients, readable(clients)] as const);
  const chart = (title: string, of: (side: Report["direct"], report: Report) => number | null): string => {
    const lines: Line[] = (["direct", "proxied"] as const).map((side) => ({
      name: side === "direct" ? "directly at the master" : "through the proxies",
      of: side,
      points: reports.flatMap((report) => {
        const value = of(report[side], report);
        return value === null || value <= 0 ? [] : [[report.clients, value] as const];
      }),
    }));
    const axes = { x: { ...AXIS, label: "clients", ticks }, y: { ...AXIS, label: "" } };
    const inside = element("figcaption", {}, escaped(title)) + legend(lines) + lineChart({ title, lines, ...axes });
    return element("figure", {}, inside);
  };
  const charts = [
    chart("Requests a second at the master", (side) => side.masterRequestsPerS),
    chart("CPU of the master, % of one core", ({ masterCpuS }, { seconds }) =>
      masterCpuS === null ? null : (masterCpuS / seconds) * 100,
    ),
  ];
  return element("div", { class: "two" }, charts.join(""));
}

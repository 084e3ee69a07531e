import type { Report } from "../report/schema.js";
import { type Line, legend, lineChart } from "./line-chart.js";
import { element, escaped } from "./markup.js";

const KINDS_MAX = 6;
const SIDES = ["direct", "proxied"] as const;
const NAMES = { direct: "directly at the master", proxied: "through the proxies" };
const SECONDS = { label: "seconds", isTight: true };

const figure = (title: string, inside: string): string =>
  element("figure", {}, element("figcaption", {}, escaped(title)) + inside);

type Moment = Report["moments"][number];

const lineOf =
  (moments: readonly Moment[]) =>
  (name: string, of: string, value: (moment: Moment) => number | null): Line => ({
    ...{ name, of },
    points: moments.flatMap((moment) => {
      const at = value(moment);
      return at === null ? [] : [[moment.atS, at] as const];
    }),
  });

const chart = (title: string, lines: readonly Line[], unit: string): string =>
  figure(
    title,
    legend(lines.filter(({ points }) => points.length > 0)) +
      lineChart({ title, lines, x: SECONDS, y: { label: unit } }),
  );

/** Reads at the proxies from moment to moment, and those that needed nobody else. */
export function readsOverTime({ moments }: Report): string {
  const line = lineOf(moments);
  const reads = [
    line("all", "idle", ({ proxied }) => proxied.readsPerS),
    line("answered from the cache", "proxied", ({ proxied }) => proxied.hitsPerS),
  ];
  return chart("Reads a second at the proxies", reads, "/s");
}

/** Requests and CPU of the masters from moment to moment. */
export function overTime({ moments }: Report): string {
  const line = lineOf(moments);
  const requests = SIDES.map((side) => line(NAMES[side], side, (moment) => moment[side].masterRequestsPerS));
  const percent = (cores: number | null): number | null => (cores === null ? null : cores * 100);
  const cpu = [
    ...SIDES.map((side) => line(NAMES[side], side, (moment) => percent(moment[side].masterCores))),
    line("a master with nothing to do", "idle", (moment) => percent(moment.idleCores)),
  ];
  return element(
    "div",
    { class: "two" },
    chart("Requests a second", requests, "/s") + chart("CPU, % of one core", cpu, "%"),
  );
}

/** A percentile's place: each of the steps from 0 to 90 %, 99 % and 99.9 % takes as much room. */
const tail = (share: number): number => -Math.log10(Math.max(1 - share, 1e-5));

const PERCENTILES = [
  [0.5, "50"],
  [0.9, "90"],
  [0.99, "99"],
  [0.999, "99.9"],
  [0.9999, "99.99 %"],
] as const;

/** For each of the most frequent operations, how long it took at each share of them. */
export function latencies({ direct, proxied }: Report): string {
  const ops = (kind: string): number => (direct.clientOps[kind] ?? 0) + (proxied.clientOps[kind] ?? 0);
  const kinds = [...new Set([...Object.keys(direct.latencyMs), ...Object.keys(proxied.latencyMs)])];
  const shown = kinds.toSorted((a, b) => ops(b) - ops(a)).slice(0, KINDS_MAX);
  const charts = shown.flatMap((kind) => {
    const lines = SIDES.map((side) => ({
      ...{ name: NAMES[side], of: side },
      points: curveOf({ direct, proxied }[side], kind),
    }));
    // Too few to tell how they are spread: the table has them.
    if (lines.every(({ points }) => points.length === 0)) return [];
    const last = Math.max(1, ...lines.flatMap(({ points }) => points.map(([x]) => x)));
    const ticks = PERCENTILES.map(([share, name]) => [tail(share), name] as const).filter(([at]) => at <= last + 1e-9);
    const axes = { x: { label: "percentile", ticks }, y: { label: "ms", logarithmic: true } };
    return figure(
      `${kind}, ms`,
      lineChart({ title: `${kind}: latency by percentile`, lines, ...axes }, { width: 400, height: 250 }),
    );
  });
  const sides = SIDES.map((side) => ({ name: NAMES[side], of: side }));
  return legend(sides) + element("div", { class: "three" }, charts.join(""));
}

/** Only as far as there were operations to tell: the slowest of a hundred says nothing of the 99.9th percentile. */
function curveOf(side: Report["direct"], kind: string): (readonly [number, number])[] {
  const count = side.clientOps[kind] ?? 0;
  const curve = side.latencyMs[kind]?.curve ?? [];
  return curve.filter(([share]) => share < 1 && (1 - share) * count >= 1).map(([share, ms]) => [tail(share), ms]);
}

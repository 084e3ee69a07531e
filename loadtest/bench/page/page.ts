import { pageDocument } from "../../page/document.js";
import { element, escaped, readable } from "../../page/markup.js";
import { STYLE } from "../../page/style.js";
import type { machine } from "../../report/machine.js";
import { type Bar, isMet, wantedText } from "../bars.js";
import { type BarChart, barChart } from "./bar-chart.js";

/** What the load test's style has no need of. */
const MORE_STYLE = `
.bar.proxied { fill: var(--proxied); } .bar.direct { fill: var(--direct); } .bar.idle { fill: var(--idle); }
.figure { font-size: 13px; font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); gap: 14px; }
`;

export interface BenchPage {
  readonly title: string;
  readonly commit: string;
  readonly machine: ReturnType<typeof machine>;
  readonly bars: readonly Bar[];
  readonly charts: readonly BarChart[];
  /** Why runs are void, if some are. */
  readonly flaws: readonly string[];
}

/** What benches found, as a page that needs nothing but itself: no script, no font, no network. */
export function benchPageOf(page: BenchPage): string {
  const passed = page.flaws.length === 0 && page.bars.every(isMet);
  const body = [
    `<header><span class="badge ${passed ? "good" : "bad"}">${passed ? "all bars reached" : "not all bars reached"}</span>`,
    `${element("h1", {}, escaped(page.title))}<p class="lead">In one run on one machine, in turns; medians.</p></header>`,
    flawList(page.flaws),
    section("Bars", barTable(page.bars)),
    section("Side by side", element("div", { class: "charts" }, page.charts.map(barChart).join(""))),
    section("On what", facts(page)),
  ];
  return pageDocument(page.title, `${STYLE}${MORE_STYLE}`, body);
}

const section = (title: string, inside: string): string =>
  inside === "" ? "" : element("section", {}, element("h2", {}, escaped(title)) + inside);

function flawList(flaws: readonly string[]): string {
  if (flaws.length === 0) return "";
  const items = flaws.map((flaw) => element("li", {}, escaped(flaw)));
  return `<section><h2 class="bad">What is void</h2>${element("ul", { class: "card failures" }, items.join(""))}</section>`;
}

function barTable(bars: readonly Bar[]): string {
  if (bars.length === 0) return "";
  const rows = bars.map((bar) => {
    const badge = `<span class="badge ${isMet(bar) ? "good" : "bad"}">${isMet(bar) ? "reached" : "missed"}</span>`;
    const measured = Number.isFinite(bar.measured) ? readable(bar.measured) : "–";
    return `<tr><td>${escaped(bar.what)}</td><td>${measured}</td><td>${escaped(wantedText(bar))}</td><td>${badge}</td></tr>`;
  });
  return `<div class="card scroll"><table><tr><th>What is to be shown</th><th>measured</th><th>wanted</th><th></th></tr>${rows.join("")}</table></div>`;
}

function facts({ commit, machine: on }: BenchPage): string {
  const rows = [
    ["Commit", commit],
    ["Machine", `${on.processor}, ${on.cores} cores, ${on.memoryGiB} GiB, ${on.platform}, Node ${on.node}`],
    ["CPU", "of the serving processes; the load generators, which share the machine, are not in it"],
  ] as const;
  const list = rows.map(([what, is]) => `<dt>${what}</dt><dd>${escaped(is)}</dd>`);
  return element("div", { class: "card" }, `<dl>${list.join("")}</dl>`);
}

import type { Report } from "../report/schema.js";
import { cpuAboveIdle, factor, fillsOf, readsOf } from "../report/text.js";
import { latencies, overTime, readsOverTime } from "./curves.js";
import { pageDocument } from "./document.js";
import { fanIn } from "./fan-in.js";
import { element, escaped, readable } from "./markup.js";
import { STYLE } from "./style.js";
import { sweepCharts } from "./sweep.js";
import { callTable, clientTable, facts } from "./tables.js";

/** One run, or those of a sweep, as a page that needs nothing but itself: no script, no font, no network. */
export function pageOf(reports: readonly Report[]): string {
  const last = reports.at(-1) as Report;
  const body = [
    head(reports),
    failures(reports),
    reports.length > 1
      ? section("The curve", "More clients, and a master that hardly notices.", sweepCharts(reports))
      : "",
    fanInSection(last),
    section(
      "The master over time",
      last.target === null
        ? "Both halves ran at once, so that whatever else the machine did disturbed both alike."
        : "There is one master: the halves took turns, one, the other, the other, the one. Their times are laid one over the other.",
      overTime(last),
    ),
    isQuiet(last) ? "" : section("How long an answer took", latencyNote(last), latencies(last)),
    section("Cache", "", cache(last)),
    isQuiet(last)
      ? section("What the clients did", "Nothing.", "")
      : section("What the clients did", "Latencies in milliseconds.", clientTable(last)),
    section("What reached the master", "Calls of clients at its gateway, and of proxies on its link.", callTable(last)),
    section("What was run, on what", "", facts(last)),
  ];
  const when = escaped(last.startedAt.slice(0, 16).replace("T", " "));
  const footer = `<footer>Made by octofleet's load test, ${when} UTC, at ${escaped(last.commit)}. The same figures are in report.json.</footer>`;
  return pageDocument(`Octofleet load test: ${last.mix}`, STYLE, [...body, footer]);
}

const section = (title: string, note: string, inside: string): string =>
  element(
    "section",
    {},
    element("h2", {}, escaped(title)) + (note && element("p", { class: "quiet" }, escaped(note))) + inside,
  );

/** Whether nothing was done, and so there is nothing to draw. */
const isQuiet = ({ direct, proxied }: Report): boolean =>
  [direct, proxied].every(({ clientOps }) => Object.keys(clientOps).length === 0);

function head(reports: readonly Report[]): string {
  const last = reports.at(-1) as Report;
  const pass = reports.every((report) => report.pass);
  const clients = reports.map((report) => readable(report.clients)).join(", ");
  return `<header>
<span class="badge ${pass ? "good" : "bad"}">${pass ? "passed" : "did not pass"}</span>
<h1>What the proxies spare the master</h1>
<p class="lead">${escaped(last.mix)}: ${escaped(last.about)}. ${clients} clients, ${last.proxies} ${last.proxies === 1 ? "proxy" : "proxies"}, ${readable(last.seconds)} s${reports.length > 1 ? " each" : ""}.</p>
${tiles(last)}
</header>`;
}

function tiles(report: Report): string {
  const { reduction, direct, proxied } = report;
  const sides = [direct, proxied] as const;
  const cpu = sides.map((side) => cpuAboveIdle(report, side));
  const perS = (value: number): string => `${readable(value)}/s`;
  const seconds = (value: number | null): string => (value === null ? "–" : `${readable(value)} s`);
  const tile = <V extends number | null>(
    value: number | null,
    what: string,
    [before, after]: readonly V[],
    unit: (value: V) => string,
  ): string => {
    const times =
      value === null ? factor(value, before as V, after as V) : `${escaped(rounded(value))}<small>×</small>`;
    const how = times === "–" ? "nothing to compare: " : "";
    const from = `${how}${unit(before as V)} → ${unit(after as V)}`;
    return element("li", {}, `<b>${times}</b>${element("span", {}, escaped(what))}${element("em", {}, escaped(from))}`);
  };
  const all = [
    tile(
      reduction.requests,
      "fewer requests",
      sides.map((side) => side.masterRequestsPerS),
      perS,
    ),
    tile(
      reduction.keepAlives,
      "fewer KeepAlives",
      sides.map((side) => side.masterKeepAlivesPerS),
      perS,
    ),
    tile(reduction.reads, "fewer reads", [readsOf(direct), fillsOf(proxied)], readable),
    tile(reduction.masterCpu, "less CPU above idle", cpu, seconds),
  ];
  return element("ul", { class: "tiles" }, all.join(""));
}

const rounded = (value: number): string => (value >= 10 ? Math.round(value).toLocaleString("en") : readable(value));

function failures(reports: readonly Report[]): string {
  const whose = (clients: number): string => (reports.length > 1 ? `${readable(clients)} clients: ` : "");
  const reasons = reports.flatMap(({ clients, failureReasons }) =>
    failureReasons.map((reason) => `${whose(clients)}${reason}`),
  );
  if (reasons.length === 0) return "";
  const items = reasons.map((reason) => element("li", {}, escaped(reason)));
  return `<section><h2 class="bad">Why it did not pass</h2>${element("ul", { class: "card failures" }, items.join(""))}</section>`;
}

function fanInSection(report: Report): string {
  const bars = report.bars.map(({ what, atLeast, measured, met }) => {
    const badge = element("span", { class: `badge ${met ? "good" : "bad"}` }, met ? "met" : "missed");
    return `<tr><td>${escaped(what)}</td><td>${factor(measured, Number(met), 0)}</td><td>${readable(atLeast)}</td><td>${badge}</td></tr>`;
  });
  const table =
    bars.length === 0
      ? ""
      : `<div class="card scroll"><table><tr><th>What a run of this size is to show</th><th>measured</th><th>at least</th><th></th></tr>${bars.join("")}</table></div>`;
  return section(
    "Fan-in",
    "The same clients, doing the same. What flows into the master is as wide as its requests are many.",
    `<div class="stack">${fanIn(report)}${table}</div>`,
  );
}

function latencyNote({ openLoopPerS }: Report): string {
  const from = openLoopPerS === null ? "it was sent" : "it should have been sent";
  return `The share of all that took longer falls to the right: the typical one at the left, the slowest at the right end. Counted from when ${from}.`;
}

function cache(report: Report): string {
  const { hits, misses, stale, hitRatio } = report.proxied.cache;
  if (hitRatio === null) return '<p class="quiet">Nobody read anything.</p>';
  const all = hits + misses + stale;
  const missed = `${readable(misses)} needed the master${stale > 0 ? `, ${readable(stale)} were stale as asked for` : ""}`;
  return `<div class="two"><div class="card middle"><h3>${readable(hitRatio * 100)} % of ${readable(all)} reads at the proxies were answered from the cache</h3>
<div class="meter" role="img" aria-label="${readable(hitRatio * 100)} % hits"><i style="width:${(hitRatio * 100).toFixed(2)}%"></i></div>
<p class="quiet">${readable(hits)} hits, as fresh as the master's own answers; ${missed}.</p></div>${readsOverTime(report)}</div>`;
}

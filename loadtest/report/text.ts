import { Histogram } from "../driver/histogram.js";
import { CHUBBY_MIX } from "../mixes/chubby.js";
import { agrees, type Comparison, comparisonsOf } from "./counts.js";
import { operationsOf, type Phase, type Run } from "./phase.js";
import { total } from "./reading.js";
import { masterRequestsOf, savingsOf } from "./savings.js";
import { shown, tableOf } from "./table.js";

/** A run as people read it. */
export function textOf(run: Run): string {
  return [
    "What the clients did, and how long an answer took (ms)",
    clientTable(run),
    "CreateSession closes the client's old session, Acquire releases its lock again: both are in its time.",
    "",
    "What reached the master",
    masterTable(run),
    `Caches were warm: ${run.proxied.setUpCalls} calls of proxies, for the set-up, came before what is counted here.`,
    "",
    ...summary(run),
    ...[run.direct, run.proxied].flatMap(({ outcome }) => outcome.errors.map((error) => `ERROR  ${error}`)),
    ...countsVerdict(comparisonsOf(run)),
  ].join("\n");
}

function clientTable({ direct, proxied }: Run): string {
  const ofKind = ({ outcome }: Phase, kind: (typeof CHUBBY_MIX)[number]["kind"]) => {
    const { done, failed, latencies } = outcome.kinds[kind];
    const histogram = new Histogram();
    histogram.add(latencies);
    const perSecond = done / (outcome.elapsedMs / 1000);
    return [perSecond, histogram.percentileMs(0.5), histogram.percentileMs(0.99), failed];
  };
  const all = (phase: Phase) => {
    const failed = Object.values(phase.outcome.kinds).reduce((sum, kind) => sum + kind.failed, 0);
    return [(operationsOf(phase) - failed) / (phase.outcome.elapsedMs / 1000), "", "", failed];
  };
  const rest = ["p50", "p99", "errors"];
  return tableOf(
    ["", "direct/s", ...rest, "proxied/s", ...rest],
    [
      ...CHUBBY_MIX.map(({ kind }) => [kind, ...ofKind(direct, kind), ...ofKind(proxied, kind)]),
      ["all", ...all(direct), ...all(proxied)],
    ],
  );
}

function masterTable({ direct, proxied }: Run): string {
  const before = masterRequestsOf(direct);
  const after = masterRequestsOf(proxied);
  const row = (name: string, one: number, other: number) => [
    name,
    one,
    one / direct.elapsedSeconds,
    other,
    other / proxied.elapsedSeconds,
  ];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return tableOf(
    ["", "direct", "direct/s", "proxied", "proxied/s"],
    [
      ...names.map((name) => row(name, before.get(name) ?? 0, after.get(name) ?? 0)),
      row("all requests", total(before), total(after)),
    ],
  );
}

function summary(run: Run): string[] {
  const { all, keepAlives, reads, hitRatio } = savingsOf(run);
  const { direct, proxied } = run;
  const seconds = (value: number | undefined) => (value === undefined ? "–" : `${shown(value)} s`);
  return [
    `Reduction factor        ${shown(all)}   KeepAlives ${shown(keepAlives)} (renewals remain), reads ${shown(reads)} (fills remain)`,
    `Cache hit ratio         ${shown(hitRatio * 100)} % of ${shown(total(proxied.proxies.answers))} reads at the proxies`,
    `CPU time of the master  direct ${seconds(direct.master.cpuSeconds)}, proxied ${seconds(proxied.master.cpuSeconds)}; ` +
      `of the proxies together ${seconds(proxied.proxies.cpuSeconds)}`,
  ];
}

function countsVerdict(comparisons: readonly Comparison[]): string[] {
  const wrong = comparisons.filter((comparison) => !agrees(comparison));
  if (wrong.length === 0)
    return [`Counts                  ${comparisons.length} compared with what the clients sent, all agree`];
  return wrong.map(({ what, expected: [least, most], counted }) => {
    const range = least === most ? `${most}` : `${least} to ${most}`;
    return `MISMATCH  ${what}: ${counted} counted, ${range} expected`;
  });
}

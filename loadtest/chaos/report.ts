import type { Finding } from "../check/judge.js";
import { ROUND_MS } from "../check/slow-writes.js";
import { commitName } from "../report/commit.js";
import { shown, tableOf } from "../report/table.js";
import { describeFault, type Fault } from "./plan.js";
import { type ChaosRun, CONVERGES_WITHIN_MS } from "./run.js";

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

/** What a run came to, for people. */
export function textOf(run: ChaosRun): string {
  const { plan, struck, measures, findings, undecided, convergedMs, noNetwork } = run;
  const { operations, writes, darkness } = measures;
  const darkest = darkness.reduce((one, other) => (other.longestMs > one.longestMs ? other : one));
  const rows = [
    ["faults injected", struck.length],
    ["longest stall of a conflicting write", seconds(writes.longestMs)],
    ["  its bound: one proxy lease from the opening of the round", seconds(ROUND_MS)],
    [`  ${shown(writes.measured)} writes; excused, since the master was down or new`, writes.excused],
    [`longest time without a fresh read at one proxy (${darkest.proxy})`, seconds(darkest.longestMs)],
    ["  of which it, its link or the master was under a fault", seconds(darkest.faultyMs)],
    [
      `all well again after the healing, within ${CONVERGES_WITHIN_MS / 1_000} s`,
      convergedMs === undefined ? "no" : seconds(convergedMs),
    ],
    ["violations", findings.length],
  ];
  return [
    tableOf(["fault", "where", "times", "connections met"], faultRows(run)),
    tableOf(
      ["operation", "ok", "refused", "unknown", "requests without answer"],
      operations.map(({ kind, ok, refused, unknown, unanswered }) => [kind, ok, refused, unknown, unanswered]),
    ),
    tableOf([`seed ${plan.seed}, commit ${commitName()}`, ""], rows),
    ...(noNetwork === undefined ? [] : [`No partitions by a network namespace: ${noNetwork}`]),
    ...(undecided ? ["The histories were too tangled to be decided: nothing is known of P3."] : []),
  ].join("\n");
}

function faultRows({ struck }: ChaosRun): (string | number | undefined)[][] {
  const rows = new Map<string, { kind: string; where: string; times: number; met: number | undefined }>();
  for (const { fault, met } of struck) {
    const where = placeOf(fault);
    const known = rows.get(`${where} ${fault.kind}`) ?? { kind: fault.kind, where, times: 0, met: undefined };
    const isLink = "link" in fault;
    rows.set(`${where} ${fault.kind}`, {
      ...known,
      times: known.times + 1,
      met: isLink ? (known.met ?? 0) + (met ?? 0) : undefined,
    });
  }
  const byPlace = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  return byPlace.map(([, { kind, where, times, met }]) => [kind, where, times, met]);
}

function placeOf(fault: Fault): string {
  if ("who" in fault) return /^p\d/.test(fault.who) ? "proxy" : fault.who;
  if (!("link" in fault)) return "network of a proxy";
  const [from, to] = fault.link.split("→") as [string, string];
  if (from.startsWith("clients")) return "link client–proxy";
  return to === "master" ? "link proxy–master" : "link to nats-server";
}

/** A violation as a person can follow it: what was seen, what had gone wrong before, and the line that does it again. */
export function failureText({ plan, struck, findings }: ChaosRun, replay: string): string {
  const [first] = findings as [Finding, ...Finding[]];
  const more = findings.length - 1;
  return [
    `${first.promise} was broken in seed ${plan.seed}, commit ${commitName()}:`,
    `  ${first.text.replaceAll("\n", "\n  ")}`,
    ...(more === 0 ? [] : [`and ${more} more: ${[...new Set(findings.map(({ promise }) => promise))].join(", ")}`]),
    "",
    "What went wrong, and from when to when (ms):",
    ...struck.map(
      ({ fault, fromMs, untilMs }) =>
        `${fromMs.toFixed().padStart(7)} –${untilMs.toFixed().padStart(7)}  ${describeFault(fault)}`,
    ),
    "",
    `The same plan again (processes are never twice the same): ${replay}`,
  ].join("\n");
}

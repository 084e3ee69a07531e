import type { Finding } from "../check/case.js";
import { ROUND_MS } from "../check/slow-writes.js";
import { commitName } from "../report/commit.js";
import { shown, tableOf } from "../report/table.js";
import { describeFault, type Fault } from "./plan.js";
import { type ChaosRun, CONVERGES_WITHIN_MS } from "./run.js";
import { lengthMs } from "./session-measures.js";
import { type DeadSession, keptTooLong, ORPHAN_MS, PLAIN_MS } from "./session-times.js";

const LEASE_MS = 5_000;
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
    tableOf(["sessions, locks and watches", ""], sessionRows(run)),
    tableOf([`seed ${plan.seed}, commit ${commitName()}`, ""], rows),
    ...(noNetwork === undefined ? [] : [`No partitions by a network namespace: ${noNetwork}`]),
    ...(undecided ? ["The histories were too tangled to be decided: nothing is known of P3."] : []),
  ].join("\n");
}

/** How many were ended, and how long the longest lived on. */
function endings(dead: readonly DeadSession[], isTroubled: boolean): string {
  const tookMs = dead.filter((one) => one.isTroubled === isTroubled).map(({ endedMs, diedMs }) => endedMs - diedMs);
  return tookMs.length === 0 ? "0" : `${tookMs.length}, the longest ${seconds(Math.max(...tookMs))}`;
}

function sessionRows({ sessions, findings }: ChaosRun): [string, string | number][] {
  const { dead, roamed, rolling, longestJeopardy } = sessions;
  const broken = (...promises: readonly string[]): number =>
    findings.filter(({ promise }) => promises.some((one) => promise.startsWith(one))).length;
  const [plainMs, orphanMs] = [PLAIN_MS(LEASE_MS), ORPHAN_MS(LEASE_MS)];
  return [
    ["sessions opened, of which came to hold locks", `${sessions.opened}, ${sessions.anchored}`],
    ["  resumed; clients asked to go elsewhere", `${sessions.resumed}; ${sessions.sentAway}`],
    ["  closed by their clients; died with them", `${sessions.closed}; ${sessions.died}`],
    ["  ended while their clients were stopped or reached nobody", sessions.silent],
    ["  lost, though a gateway was reached in time", broken("P6")],
    [
      "times in jeopardy, the longest",
      `${sessions.jeopardies}, ${longestJeopardy === undefined ? "none" : seconds(lengthMs(longestJeopardy))}`,
    ],
    ["grants held; of two clients at a time", `${sessions.grants}; ${broken("P1")}`],
    ["sessions of the dead ended", endings(dead, false)],
    [`  bound with a lease of ${seconds(LEASE_MS)}`, seconds(plainMs)],
    ["  where their proxy, the master or the way was lost too", endings(dead, true)],
    ["  bound, from when all was well again", seconds(orphanMs)],
    ["  too late", keptTooLong(dead).length],
    ["restarts of all proxies one by one, when all was well: sessions", rolling.sessions],
    ["  lost; in jeopardy", `${rolling.lost.length}; ${rolling.jeopardies.length}`],
    ["  longest time between two signs of life", seconds(rolling.longestGapMs)],
    ["watches; changes told; resyncs", `${sessions.watches}; ${sessions.changes}; ${sessions.resyncs}`],
    ["  gaps, or told otherwise than it was", broken("P11")],
    ["sessions over HTTP; answered as alive", `${roamed.opened}; ${roamed.alive}`],
    ["  deleted; doors asked for them then", `${roamed.deleted}; ${roamed.sought}`],
    ["  found there, or lost", broken("sessions over HTTP")],
  ];
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
  if ("who" in fault)
    return /^p\d/.test(fault.who) ? "proxy" : /^s\d/.test(fault.who) ? "sessions' process" : fault.who;
  if (!("link" in fault)) return "network of a proxy";
  const [from, to] = fault.link.split("→") as [string, string];
  if (from === "sessions") return "link sessions' process–proxy";
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

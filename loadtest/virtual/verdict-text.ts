import { shown, tableOf } from "../report/table.js";
import type { CapacityFindings, Stretch } from "./findings.js";
import { failureReasons } from "./verdict.js";

const MIB = 2 ** 20;

/** What a run found, as people read it. */
export function capacityText(findings: CapacityFindings): string {
  const { sizes } = findings;
  const sessions = sizes.proxies * sizes.sessionsPerProxy;
  const failures = failureReasons(findings);
  return [
    `One master, ${sizes.proxies} virtual proxies, ${shown(sessions)} anchored sessions, of which ${sizes.lockedPercent} % hold a lock.`,
    stretchTable(findings),
    ...anchoringLines(findings),
    ...churnLines(findings),
    ...recoveryLines(findings),
    ...failures.map((failure) => `FAILED  ${failure}`),
    failures.length === 0
      ? "Passed: no session was lost, both sides count the same, all digests agree, and renewals and the restart were in time."
      : "It does NOT pass.",
  ].join("\n");
}

function stretchTable({ stretches }: CapacityFindings): string {
  const idle = stretches[0] as Stretch;
  const head = ["the master", "calls/s", "bytes/s", "commits/s", "CPU, %", "above idle", "µs/renewal"];
  return tableOf(
    [...head, "renewal p50, ms", "p99", "max", "longest turn, ms"],
    stretches.map((row) => [
      ...[row.what, row.callsPerS, Math.round(row.bytesPerS), row.commitsPerS, 100 * row.cpuShare],
      ...(row === idle ? [undefined, undefined] : [100 * (row.cpuShare - idle.cpuShare), perRenewal(row, idle)]),
      ...[row.renewMs?.p50, row.renewMs?.p99, row.renewMs?.max, row.longestTurnMs],
    ]),
  );
}

/** Only where renewals are all that there is. */
function perRenewal(row: Stretch, idle: Stretch): number | undefined {
  return row.commitsPerS > 0 ? undefined : told(((row.cpuShare - idle.cpuShare) / row.renewalsPerS) * 1e6);
}

/** A cost that is nothing, less, or of nothing: a run of this size cannot tell it from what the master does anyway. */
const told = (cost: number): number | undefined => (cost > 0 && Number.isFinite(cost) ? cost : undefined);

function anchoringLines({ anchoring, memory }: CapacityFindings): string[] {
  const { sessions, seconds, cpuSeconds, bytes, longestTurnMs, renewMsMax } = anchoring;
  const each = (total: number): string => shown(told(total / sessions) ?? Number.NaN);
  return [
    `Anchoring: ${shown(sessions / seconds)}/s; ${each(cpuSeconds * 1e6)} µs of CPU and ${each(bytes)} bytes on the link each; longest turn ${shown(longestTurnMs)} ms, longest renewal ${shown(renewMsMax)} ms.`,
    `Memory, garbage collected: ${each(memory.heapBytes)} bytes of heap and ${each(memory.residentBytes)} resident a session, with ${shown(memory.operations / sessions)} answers on record for each.`,
  ];
}

function churnLines({ churn, stretches }: CapacityFindings): string[] {
  const [idle, with_] = [stretches[2] as Stretch, stretches[3] as Stretch];
  const replacedPerS = churn.anchored / with_.seconds;
  const micros = ((with_.cpuShare - idle.cpuShare) / replacedPerS) * 1e6;
  const bytes = (with_.bytesPerS - idle.bytesPerS) / replacedPerS;
  return [
    `Churn: ${shown(replacedPerS)} sessions/s ended (${churn.ended.silent} silent, ${churn.ended.closed} closed, ${churn.rounds} acks of rounds) and as many anchored; ${shown(told(micros) ?? Number.NaN)} µs of CPU and ${shown(told(bytes) ?? Number.NaN)} bytes on the link for each replaced.`,
  ];
}

function recoveryLines({ recovery }: CapacityFindings): string[] {
  const { readyMs, registeredMs, confirmedMs, cpuSeconds, journalBytes, registrations, longestTurnMs } = recovery;
  const seconds = (ms: number | null): string => (ms === null ? "(never)" : `${shown(ms / 1_000)} s`);
  return [
    `kill -9 of the master, its journal ${shown(journalBytes / MIB)} MiB: served after ${seconds(readyMs)}; all registered (${registrations} times) after ${seconds(registeredMs)}, confirmed after ${seconds(confirmedMs)}; ${shown(cpuSeconds)} s of CPU, longest turn ${seconds(longestTurnMs)}.`,
    `  ${shown(recovery.sessionsAtMaster)} of ${shown(recovery.sessionsBefore)} sessions at the master, ${shown(recovery.sessionsAtProxies)} at the proxies, ${recovery.orphans} nobody's; ${shown(recovery.residentBytes / MIB)} MiB resident.`,
  ];
}

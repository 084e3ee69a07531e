import { Histogram } from "../driver/histogram.js";
import type { LoadSettings } from "../sides.js";
import { barsOf } from "./bars.js";
import { commitName } from "./commit.js";
import { comparisonsOf } from "./counts.js";
import { failuresOf, mismatchesOf } from "./failures.js";
import { machine } from "./machine.js";
import { operationsOf, type Phase, type Run, type Sample } from "./phase.js";
import { total } from "./reading.js";
import { keepAlivesAt, masterRequestsOf, savingsOf } from "./savings.js";
import type { Report, Side } from "./schema.js";

/** Shares at which latencies are told, denser towards the slowest. */
const SHARES = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999, 1];

/** A run as `report.json` has it. */
export function reportOf(settings: LoadSettings, run: Run, startedAt: Date): Report {
  const { mix, seed, clients, proxies, seconds, warmUp, openLoop, target } = settings;
  const what = { mix: mix.name, seed, clients, proxies, seconds, openLoopPerS: openLoop ?? null };
  const reduction = savingsOf(run);
  const failureReasons = failuresOf(run);
  return {
    format: 1,
    ...what,
    about: mix.about,
    warmUpSeconds: warmUp,
    startedAt: startedAt.toISOString(),
    commit: commitName(),
    machine: machine(),
    direct: sideOf(run.direct),
    proxied: sideOf(run.proxied),
    idle: { masterCpuS: run.idleCores === undefined ? null : run.idleCores * run.proxied.elapsedSeconds },
    target: target === undefined ? null : { master: target.master, gateways: [...target.gateways] },
    reduction: {
      requests: finite(reduction.requests),
      keepAlives: finite(reduction.keepAlives),
      reads: finite(reduction.reads),
      masterCpu: finite(reduction.masterCpu),
    },
    counts: { compared: comparisonsOf(run).length, mismatches: mismatchesOf(run) },
    bars: barsOf(what, reduction, failureReasons.length === 0),
    moments: run.moments.map(({ atS, direct, proxied, idleCores }) => ({
      ...{ atS, direct: sample(direct), proxied: sample(proxied) },
      idleCores: idleCores ?? null,
    })),
    pass: failureReasons.length === 0,
    failureReasons,
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const sample = ({ masterCores, ...rest }: Sample) => ({ ...rest, masterCores: masterCores ?? null });

function sideOf(phase: Phase): Side {
  const { outcome, master, proxies, elapsedSeconds, lags, promises } = phase;
  const kinds = Object.entries(outcome.kinds).filter(([, { done, failed }]) => done + failed > 0);
  return {
    elapsedSeconds,
    clientOps: Object.fromEntries(kinds.map(([kind, { done }]) => [kind, done])),
    clientOpsPerS: operationsOf(phase) / elapsedSeconds,
    masterRequests: Object.fromEntries(masterRequestsOf(master)),
    masterRequestsPerS: total(masterRequestsOf(master)) / elapsedSeconds,
    masterKeepAlivesPerS: keepAlivesAt(master) / elapsedSeconds,
    masterCpuS: master.cpuSeconds ?? null,
    proxyCpuS: proxies.cpuSeconds ?? null,
    latencyMs: Object.fromEntries(
      kinds.filter(([, { done }]) => done > 0).map(([kind, { latencies }]) => [kind, latencyOf(latencies)]),
    ),
    errors: kinds.reduce((sum, [, { failed }]) => sum + failed, 0),
    errorsByCode: outcome.errorsByCode,
    errorExamples: [...outcome.errors],
    sessionsLost: outcome.sessionsLost,
    cache: cacheOf(total(proxies.answers) > 0 ? proxies.answers : master.answers),
    lagMs: lags.map(({ meanMs }) => meanMs),
    promises: { ...promises, broken: [...promises.broken] },
  };
}

function latencyOf(counts: readonly number[]): Side["latencyMs"][string] {
  const histogram = new Histogram();
  histogram.add(counts);
  const at = (share: number): number => histogram.percentileMs(share) ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1), curve: SHARES.map((share) => [share, at(share)]) };
}

/** What a master answers itself counts as a miss: somebody had to ask it. */
function cacheOf(answers: ReadonlyMap<string, number>): Side["cache"] {
  const [hits, stale] = [answers.get("hit") ?? 0, answers.get("stale") ?? 0];
  const all = total(answers);
  return { hits, stale, misses: all - hits - stale, hitRatio: all === 0 ? null : hits / all };
}

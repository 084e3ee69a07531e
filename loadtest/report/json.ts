import { availableParallelism, cpus } from "node:os";
import { Histogram } from "../driver/histogram.js";
import { agrees, comparisonsOf } from "./counts.js";
import type { Phase, Run } from "./phase.js";
import { masterRequestsOf, savingsOf } from "./savings.js";

/** Where a measurement was made. */
export const environment = () => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
});

/** A run for programs. An infinite factor is null. */
export function jsonOf(settings: object, run: Run): string {
  const comparisons = comparisonsOf(run);
  const record = {
    settings,
    environment: environment(),
    direct: phaseRecord(run.direct),
    proxied: phaseRecord(run.proxied),
    savings: savingsOf(run),
    mismatches: comparisons.filter((comparison) => !agrees(comparison)),
    comparisons: comparisons.length,
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

function phaseRecord(phase: Phase) {
  const { outcome, master, proxies, elapsedSeconds } = phase;
  const kinds = Object.entries(outcome.kinds).map(([kind, { done, failed, latencies }]) => {
    const histogram = new Histogram();
    histogram.add(latencies);
    return [kind, { done, failed, p50Ms: histogram.percentileMs(0.5), p99Ms: histogram.percentileMs(0.99) }];
  });
  return {
    elapsedSeconds,
    setUpCalls: phase.setUpCalls,
    kinds: Object.fromEntries(kinds),
    sent: outcome.requests,
    errors: outcome.errors,
    master: { requests: Object.fromEntries(masterRequestsOf(phase)), cpuSeconds: master.cpuSeconds },
    proxies: {
      requests: Object.fromEntries(proxies.gateway),
      answers: Object.fromEntries(proxies.answers),
      cpuSeconds: proxies.cpuSeconds,
    },
  };
}

import { scrape } from "../../cluster/metrics.js";
import { machineMs } from "./machine-time.js";

/** What a master had counted at one instant. */
export interface Sample {
  /** On the machine's monotonic clock. */
  readonly atMs: number;
  readonly renews: number;
  /** Of renewals, requests and replies together. */
  readonly renewBytes: number;
  /** Of any call of the link. */
  readonly calls: number;
  readonly cpuSeconds: number;
}

const EVERY_MS = 250;

/** Looks at a master time and again, from the call on until it is stopped; not while it does not answer. */
export function sampleMaster(url: string): { stop(): Promise<Sample[]> } {
  const samples: Sample[] = [];
  let goesOn = true;
  const looking = (async () => {
    while (goesOn) {
      const sample = await sampleOf(url).catch(() => undefined);
      if (sample !== undefined) samples.push(sample);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  })();
  return {
    async stop() {
      goesOn = false;
      await looking;
      return samples;
    },
  };
}

async function sampleOf(url: string): Promise<Sample> {
  const askedMs = machineMs();
  const metrics = await scrape(url);
  const renewed = (name: string): number => metrics.by(name, "call").get("renew") ?? 0;
  return {
    atMs: (askedMs + machineMs()) / 2,
    renews: renewed("octofleet_link_requests_total"),
    renewBytes: renewed("octofleet_link_request_bytes_total") + renewed("octofleet_link_reply_bytes_total"),
    calls: metrics.sum("octofleet_link_requests_total") ?? 0,
    cpuSeconds: metrics.sum("process_cpu_seconds_total") ?? 0,
  };
}

/**
 * How fast a count grew, by the line of least squares: a count that goes up by one a second, looked at when it
 * happens to be, would be off by as much as the bars allow.
 */
export function perSecond(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanMs = mean(samples.map(({ atMs }) => atMs));
  const meanCount = mean(samples.map(of));
  const covariance = samples.reduce((sum, sample) => sum + (sample.atMs - meanMs) * (of(sample) - meanCount), 0);
  const variance = samples.reduce((sum, { atMs }) => sum + (atMs - meanMs) ** 2, 0);
  return (covariance / variance) * 1_000;
}

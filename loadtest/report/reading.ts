import { cpuSeconds } from "../cluster/cpu-time.js";
import { growth, type Metrics, scrape } from "../cluster/metrics.js";

type Counts = ReadonlyMap<string, number>;

/** What one or more processes counted, up to an instant or between two. */
export interface Reading {
  /** Requests at the gateway, by operation. */
  readonly gateway: Counts;
  /** Calls of proxies, by call; only a master has any. */
  readonly link: Counts;
  /** Commands decided, by kind; only a master has any. */
  readonly commands: Counts;
  /** Reads answered, by where the answer came from. */
  readonly answers: Counts;
  /** Writes that proxies sent to the master once more, since no answer came. */
  readonly retries: number;
  /** The same, since the first time told that they wait for proxies. */
  readonly heldUp: number;
  /** Writes that proxies sent to the master, as often as they did. */
  readonly writes: number;
  /** The calls that carried these. */
  readonly batches: number;
  /** CPU seconds, user and system; undefined where nobody can tell. */
  readonly cpuSeconds: number | undefined;
}

const countsOf = (metrics: Metrics): Omit<Reading, "cpuSeconds"> => ({
  gateway: metrics.by("octofleet_gateway_requests_total", "operation"),
  link: metrics.by("octofleet_link_requests_total", "call"),
  commands: metrics.by("octofleet_master_commands_total", "command"),
  answers: metrics.by("octofleet_cache_answers_total", "source"),
  retries: metrics.sum("octofleet_proxy_retries_total") ?? 0,
  heldUp: metrics.sum("octofleet_proxy_held_up_writes_total") ?? 0,
  writes: metrics.sum("octofleet_proxy_batched_writes_total") ?? 0,
  batches: metrics.sum("octofleet_proxy_write_batches_total") ?? 0,
});

/** A process that tells its counts; with its number, if it runs on this machine. */
export interface Counting {
  /** Where its `/metrics` are. */
  readonly url: string;
  readonly child?: { readonly pid: number };
}

/** What a process has counted since it started. */
export async function readingOf({ url, child }: Counting): Promise<Reading> {
  const metrics = await scrape(url);
  return { ...countsOf(metrics), cpuSeconds: await cpuSeconds(child?.pid, metrics) };
}

/** What was counted between two readings. */
export function between(before: Reading, after: Reading): Reading {
  return {
    gateway: growth(before.gateway, after.gateway),
    link: growth(before.link, after.link),
    commands: growth(before.commands, after.commands),
    answers: growth(before.answers, after.answers),
    retries: after.retries - before.retries,
    heldUp: after.heldUp - before.heldUp,
    writes: after.writes - before.writes,
    batches: after.batches - before.batches,
    cpuSeconds: both(before.cpuSeconds, after.cpuSeconds, (a, b) => b - a),
  };
}

/** What several processes counted together. */
export function addReadings(readings: readonly Reading[]): Reading {
  return readings.reduce(
    (sum, reading) => ({
      gateway: added(sum.gateway, reading.gateway),
      link: added(sum.link, reading.link),
      commands: added(sum.commands, reading.commands),
      answers: added(sum.answers, reading.answers),
      retries: sum.retries + reading.retries,
      heldUp: sum.heldUp + reading.heldUp,
      writes: sum.writes + reading.writes,
      batches: sum.batches + reading.batches,
      cpuSeconds: both(sum.cpuSeconds, reading.cpuSeconds, (a, b) => a + b),
    }),
    NOTHING,
  );
}

/** Of nobody. */
export const NOTHING: Reading = {
  gateway: new Map(),
  link: new Map(),
  commands: new Map(),
  answers: new Map(),
  retries: 0,
  heldUp: 0,
  writes: 0,
  batches: 0,
  cpuSeconds: 0,
};

function added(one: Counts, other: Counts): Counts {
  return new Map([...one.keys(), ...other.keys()].map((key) => [key, (one.get(key) ?? 0) + (other.get(key) ?? 0)]));
}

function both(one: number | undefined, other: number | undefined, combine: (a: number, b: number) => number) {
  return one === undefined || other === undefined ? undefined : combine(one, other);
}

export const total = (counts: Counts): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

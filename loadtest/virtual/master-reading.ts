import { machineMs } from "../bench/sessions/machine-time.js";
import { cpuSeconds } from "../cluster/cpu-time.js";
import type { Member } from "../cluster/member.js";
import { type Metrics, scrape } from "../cluster/metrics.js";

/** What a master says of itself at an instant; counts are since its start. */
export interface MasterReading {
  /** On the machine's clock. */
  readonly atMs: number;
  readonly cpuSeconds: number;
  /** Calls of proxies, and the bytes of these and their answers. */
  readonly calls: number;
  readonly callBytes: number;
  readonly renewals: number;
  readonly renewalBytes: number;
  readonly commits: number;
  readonly proxies: number;
  readonly sessions: number;
  readonly orphans: number;
  readonly operations: number;
  /** Anchored sessions that ended, by cause. */
  readonly ends: Readonly<Record<string, number>>;
  /** Sessions on which a proxy and the master differed. */
  readonly mended: number;
  /** The longest that the event loop was held up since the reading before, ms. */
  readonly longestTurnMs: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** Rejects if the master does not answer, or does not tell all of it. */
export async function masterReading({ url, child }: Member): Promise<MasterReading> {
  const metrics = await scrape(url);
  const seconds = await cpuSeconds(child.pid, metrics);
  if (seconds === undefined) throw new Error("The master does not tell its CPU time.");
  const bytes = ["request", "reply"].map((way) => metrics.by(`octofleet_link_${way}_bytes_total`, "call"));
  const bytesOf = (call: string): number => bytes.reduce((sum, by) => sum + (by.get(call) ?? 0), 0);
  const calls = metrics.by("octofleet_link_requests_total", "call");
  return {
    atMs: machineMs(),
    cpuSeconds: seconds,
    calls: [...calls.values()].reduce((sum, count) => sum + count, 0),
    callBytes: [...calls.keys()].reduce((sum, call) => sum + bytesOf(call), 0),
    renewals: calls.get("renew") ?? 0,
    renewalBytes: bytesOf("renew"),
    commits: told(metrics, "octofleet_master_revision"),
    proxies: told(metrics, "octofleet_master_proxies"),
    sessions: told(metrics, "octofleet_master_sessions"),
    orphans: told(metrics, "octofleet_master_orphans"),
    operations: told(metrics, "octofleet_master_operations"),
    ends: Object.fromEntries(metrics.by("octofleet_master_session_ends_total", "cause")),
    mended: told(metrics, "octofleet_master_sessions_reconciled_total"),
    longestTurnMs: told(metrics, "nodejs_eventloop_lag_max_seconds") * 1_000,
    residentBytes: told(metrics, "process_resident_memory_bytes"),
    heapBytes: told(metrics, "nodejs_heap_size_used_bytes"),
  };
}

/** Until the signal has arrived; the reading after it waits for the collection by itself. */
const COLLECTED_MS = 1_500;

/** The same of a master that has collected its garbage (see `collecting.ts`). */
export async function collected(master: Member): Promise<MasterReading> {
  master.child.process.kill("SIGUSR2");
  await new Promise((resolve) => setTimeout(resolve, COLLECTED_MS));
  return masterReading(master);
}

const CALM_SHARE = 0.2;
const CALM_LOOKS_MAX = 60;

/** Waits until the master has little to do: a snapshot goes on for a while after the commands that brought it about. */
export async function calm(master: Member): Promise<void> {
  let before = await masterReading(master);
  for (let looks = 0; looks < CALM_LOOKS_MAX; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = await masterReading(master);
    if ((after.cpuSeconds - before.cpuSeconds) / ((after.atMs - before.atMs) / 1_000) < CALM_SHARE) return;
    before = after;
  }
}

function told(metrics: Metrics, name: string): number {
  const value = metrics.sum(name);
  if (value === undefined) throw new Error(`The master does not tell ${name}.`);
  return value;
}

import { fileURLToPath } from "node:url";
import type { Options, Result } from "autocannon";
import type { Cleanup } from "../../cluster/cleanup.js";
import { askChild, startProgram } from "../ask-child.js";
import type { Served, Target } from "./target.js";

const CANNON = fileURLToPath(new URL("./cannon.js", import.meta.url));
const AFTERWARDS_MS = 30_000;

/** What one time of shooting at a target found. */
export interface Shot {
  readonly requestsPerSecond: number;
  /** CPU time of the serving process for each request that it answered, in microseconds. */
  readonly cpuMicroseconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Why it counts for nothing, if it does. */
  readonly flaws: readonly string[];
}

/** What was seen by whoever shot. */
export interface Cannon extends Pick<Result, "duration" | "latency" | "non2xx" | "errors" | "timeouts"> {
  readonly requests: { readonly total: number; readonly sent: number };
}

/** Shoots by autocannon for some seconds over so many connections, from a process of its own. */
export const shootHttp = (cleanup: Cleanup, target: Target, connections: number, seconds: number): Promise<Shot> =>
  shotAt(target, () => fireAt(cleanup, target, connections, seconds));

/** The same, without asking the target what it did. */
export async function fireAt(
  cleanup: Cleanup,
  { url, headers }: Pick<Target, "url" | "headers">,
  connections: number,
  seconds: number,
): Promise<Result> {
  const child = await startProgram("autocannon", CANNON);
  cleanup.add(() => child.stop());
  const options: Options = { url, headers, connections, duration: seconds };
  const limitMs = seconds * 1000 + AFTERWARDS_MS;
  const { result, failure } = await askChild<{ result?: Result; failure?: string }>(child, options, limitMs);
  await child.stop();
  if (result === undefined) throw new Error(`autocannon failed: ${failure}`);
  return result;
}

/** What `fire` saw, beside what the target says that it did meanwhile. */
export async function shotAt(
  { name, wanted, served }: Pick<Target, "name" | "wanted" | "served">,
  fire: () => Promise<Cannon>,
): Promise<Shot> {
  const before = await served();
  const seen = await fire();
  const after = await served();
  return shotOf({ name, wanted }, seen, {
    good: after.good - before.good,
    all: after.all - before.all,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  });
}

/**
 * What autocannon saw, beside what the target says that it did. When its time is over autocannon hangs
 * up on what is under way, so a target may have answered more requests than came back, but no more than
 * were sent.
 */
export function shotOf({ name, wanted }: Pick<Target, "name" | "wanted">, result: Cannon, served: Served): Shot {
  const flaws = [];
  const { total, sent } = result.requests;
  if (result.errors + result.timeouts > 0) flaws.push(`${name}: ${result.errors} errors, ${result.timeouts} timeouts`);
  if (result.non2xx > 0) flaws.push(`${name}: ${result.non2xx} answers were no 200`);
  if (served.good !== served.all) flaws.push(`${name}: only ${served.good} of ${served.all} were ${wanted}`);
  if (served.all < total || served.all > sent) {
    flaws.push(`${name}: it counted ${served.all} requests, and autocannon ${total} answers to ${sent} requests`);
  }
  return {
    requestsPerSecond: total / result.duration,
    cpuMicroseconds: (served.cpuSeconds / served.all) * 1e6,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    flaws,
  };
}

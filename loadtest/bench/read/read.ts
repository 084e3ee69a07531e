import { startCell } from "../../cluster/cell.js";
import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import { eventually } from "../../cluster/within.js";
import { ProgressLine } from "../../progress-line.js";
import { acquireLock, cachedRead } from "../lock.js";
import { writeRecord } from "../record.js";
import { shoot } from "./shot.js";
import { floorTarget, proxyTarget, type Target } from "./target.js";
import { type Pair, type Verdict, verdictOf } from "./verdict.js";

const PATH = "/locks/bench/primary";
const CACHED_MS = 10_000;
const WARM_SECONDS = 1;

export interface ReadBenchSettings {
  readonly pairs: number;
  /** Of each shot. */
  readonly seconds: number;
  readonly connections: number;
  /** The least ratio that passes. */
  readonly bar: number;
  /** Where the result is written as JSON. */
  readonly out: string;
}

/**
 * What does a cached read at a proxy cost, beside the least that an HTTP answer can cost?
 *
 * Requests per second on a shared machine swing by a factor of three with what the neighbours do. So
 * proxy and floor are shot at in turns, in one run, and what is judged is the CPU time that the serving
 * process used for a request, which no neighbour can use for it.
 */
export async function benchRead(settings: ReadBenchSettings): Promise<Verdict> {
  const pairs = await withCleanup((cleanup) => shootPairs(cleanup, settings));
  const verdict = verdictOf(pairs);
  await writeRecord(settings.out, { bench: "read", settings, verdict, pairs });
  return verdict;
}

async function shootPairs(cleanup: Cleanup, settings: ReadBenchSettings): Promise<Pair[]> {
  const line = new ProgressLine();
  line.say("starting a cell with one proxy");
  const { proxy, floor } = await targets(cleanup);
  const take = (target: Target, seconds: number) => shoot(cleanup, target, settings.connections, seconds);
  line.say("warming up");
  for (const target of [proxy, floor]) await take(target, WARM_SECONDS);
  const pairs: Pair[] = [];
  while (pairs.length < settings.pairs) {
    line.say(`pair ${pairs.length + 1} of ${settings.pairs}`);
    const swapped = pairs.length % 2 === 1;
    const first = await take(swapped ? floor : proxy, settings.seconds);
    const second = await take(swapped ? proxy : floor, settings.seconds);
    pairs.push(swapped ? { proxy: second, floor: first } : { proxy: first, floor: second });
  }
  line.end(`${pairs.length} pairs of ${settings.seconds} s, ${settings.connections} connections`);
  return pairs;
}

/** A proxy that has the lock's entry in its cache, and a floor that sends what that proxy sends. */
async function targets(cleanup: Cleanup): Promise<{ proxy: Target; floor: Target }> {
  const cell = await startCell(cleanup, 1);
  const proxy = await cell.startProxy();
  const headers = { authorization: `Bearer ${cell.tokens[0]}` };
  await acquireLock(cell.master.url, PATH, headers);
  const { body, type } = await eventually(
    CACHED_MS,
    () => cachedRead(proxy.url, PATH, headers),
    "the proxy did not cache the lock",
  );
  return { proxy: proxyTarget(proxy, PATH, headers), floor: await floorTarget(cleanup, PATH, body, type) };
}

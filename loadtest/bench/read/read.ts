import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import { ProgressLine } from "../../progress-line.js";
import { writeRecord } from "../record.js";
import { startCachedLock } from "../shots/cached-lock.js";
import { type Round, shootRounds } from "../shots/rounds.js";
import { shootHttp } from "../shots/shot.js";
import { httpFloor, proxyTarget, type Target } from "../shots/target.js";
import { type Verdict, verdictOf } from "./verdict.js";

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
  const rounds = await withCleanup((cleanup) => measure(cleanup, settings));
  const verdict = verdictOf(rounds);
  await writeRecord(settings.out, { bench: "read", settings, verdict, rounds });
  return verdict;
}

async function measure(cleanup: Cleanup, settings: ReadBenchSettings): Promise<Round<"proxy" | "floor">[]> {
  const line = new ProgressLine();
  line.say("starting a cell with one proxy");
  const { proxy, path, headers, body, type } = await startCachedLock(cleanup);
  const at = (target: Target) => (seconds: number) => shootHttp(cleanup, target, settings.connections, seconds);
  const shots = {
    proxy: at(proxyTarget(proxy, path, headers)),
    floor: at(await httpFloor(cleanup, path, body, type)),
  };
  const rounds = await shootRounds(shots, settings, (text) => line.say(text));
  line.end(`${rounds.length} pairs of ${settings.seconds} s, ${settings.connections} connections`);
  return rounds;
}

import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import { ProgressLine } from "../../progress-line.js";
import { writeRecord } from "../record.js";
import { startCachedLock } from "../shots/cached-lock.js";
import { type Shoot, shootRounds } from "../shots/rounds.js";
import { shootHttp } from "../shots/shot.js";
import { httpFloor, proxyTarget, type Target } from "../shots/target.js";
import { startReadPeers } from "./peers.js";
import { type ReadRound, type Verdict, verdictOf } from "./verdict.js";

export interface ReadBenchSettings {
  readonly pairs: number;
  /** Of each shot. */
  readonly seconds: number;
  readonly connections: number;
  /** The least ratio that passes. */
  readonly bar: number;
  /** Whether others that are installed are measured, too. */
  readonly peers?: boolean;
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

async function measure(cleanup: Cleanup, settings: ReadBenchSettings): Promise<ReadRound[]> {
  const line = new ProgressLine();
  line.say("starting a cell with one proxy");
  const lock = await startCachedLock(cleanup);
  const { proxy, path, headers, body, type } = lock;
  const at = (target: Target) => (seconds: number) => shootHttp(cleanup, target, settings.connections, seconds);
  const shots: Record<string, Shoot> = {
    proxy: at(proxyTarget(proxy, path, headers)),
    floor: at(await httpFloor(cleanup, path, body, type)),
    ...(settings.peers === true &&
      (await startReadPeers(cleanup, lock, settings.connections, (text) => line.note(text)))),
  };
  const rounds = (await shootRounds(shots, settings, (text) => line.say(text))) as ReadRound[];
  line.end(`${rounds.length} pairs of ${settings.seconds} s, ${settings.connections} connections`);
  return rounds;
}

import { fileURLToPath } from "node:url";
import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import { ProgressLine } from "../../progress-line.js";
import { writeRecord } from "../record.js";
import { startCachedLock } from "../shots/cached-lock.js";
import { type Shoot, shootRounds } from "../shots/rounds.js";
import { shootHttp, shotAt } from "../shots/shot.js";
import { A_HIT, proxyTarget, readsAt, startFloor, type Target } from "../shots/target.js";
import { openReaders } from "./readers.js";
import { sampleAnswer } from "./sample-answer.js";
import { type WsRound, type WsVerdict, wsVerdictOf } from "./verdict.js";

const FLOOR = fileURLToPath(new URL("./floor.js", import.meta.url));

export interface ReadWsBenchSettings {
  readonly pairs: number;
  /** Of each shot. */
  readonly seconds: number;
  /** Of WebSockets, and of autocannon. */
  readonly connections: number;
  /** On each WebSocket; over HTTP it is one. */
  readonly inFlight: number;
  /** The least ratio that passes. */
  readonly bar: number;
  /** Where the result is written as JSON. */
  readonly out: string;
}

/**
 * What does a cached read cost over a WebSocket, beside one over HTTP?
 *
 * A socket that stays needs no headers, and what is under way on it at once comes in with one call of the system and
 * leaves with one. So the same lock is read at the same proxy by both doors in turns, and at a floor that sends as many
 * bytes for whatever it is asked. Judged is the CPU time of the serving process for each answer.
 */
export async function benchReadWs(settings: ReadWsBenchSettings): Promise<WsVerdict> {
  const rounds = await withCleanup((cleanup) => measure(cleanup, settings));
  const verdict = wsVerdictOf(rounds);
  await writeRecord(settings.out, { bench: "read-ws", settings, verdict, rounds });
  return verdict;
}

async function measure(cleanup: Cleanup, settings: ReadWsBenchSettings): Promise<WsRound[]> {
  const { pairs, seconds, connections, inFlight } = settings;
  const line = new ProgressLine();
  line.say("starting a cell with one proxy");
  const { proxy, token, name, path, headers } = await startCachedLock(cleanup);
  const floor = await startFloor(cleanup, FLOOR, { answer: await sampleAnswer(proxy.url, token, name) });
  const over = async (target: Omit<Target, "headers">, hello: string | null): Promise<Shoot> => {
    const read = await openReaders(cleanup, { url: target.url, token: hello, name, connections, inFlight });
    return (forSeconds) => shotAt(target, () => read(forSeconds));
  };
  const shots = {
    webSocket: await over({ name: "WebSocket", wanted: A_HIT, url: proxy.url, served: () => readsAt(proxy) }, token),
    floor: await over({ name: "floor", wanted: "an answer", ...floor }, null),
    http: (forSeconds: number) => shootHttp(cleanup, proxyTarget(proxy, path, headers), connections, forSeconds),
  };
  const rounds = await shootRounds(shots, settings, (text) => line.say(text));
  line.end(`${pairs} rounds of ${seconds} s each, ${connections} connections, ${inFlight} in flight on a WebSocket`);
  return rounds;
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import { askChild, startProgram } from "../ask-child.js";
import { oneAfterAnother, type Pace, paced, servingOf } from "../pace.js";
import { callerOf } from "./caller.js";
import { Spread } from "./spread.js";
import { inTurn, type Series, type Times, timesOf } from "./times.js";

const SERVER = fileURLToPath(new URL("./floor-server.js", import.meta.url));
const SUBSCRIBERS = fileURLToPath(new URL("./floor-subscribers.js", import.meta.url));
const READY_MS = 20_000;

/** What some turns of the floor took. */
export interface FloorTimes extends Times {
  /** Without the way from the client to the floor and back. */
  readonly inside: Times;
  readonly pace: Pace;
}

/** The floor (see `floor-server.ts`) and its subscribers. */
export interface Floor {
  growTo(subscribers: number): Promise<void>;
  /** Scatter-gathers to so many subscribers, each with an append. */
  take(series: Series, subscribers: number): Promise<FloorTimes>;
}

export async function startFloor(cleanup: Cleanup, natsUrl: string, processesMax: number): Promise<Floor> {
  const directory = await mkdtemp(join(tmpdir(), "octofleet-floor-"));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const spread = new Spread(cleanup, { name: "subscribers", program: SUBSCRIBERS, message: { natsUrl }, processesMax });
  const server = await startProgram("floor", SERVER);
  cleanup.add(() => server.stop());
  const { port } = await askChild<{ port: number }>(server, { natsUrl, directory }, READY_MS);
  const put = callerOf(cleanup, `http://127.0.0.1:${port}`, {});
  const serving = servingOf(() => [server.pid, ...spread.processes.map(({ pid }) => pid)]);
  return {
    growTo: async (subscribers) => void (await spread.growTo(subscribers)),
    take: async (series, subscribers) => {
      const turns = () => spread.whileUp(inTurn(series, () => put(`/${subscribers}`, {})));
      const { result: taken, pace } = await paced(serving, turns, (all) => oneAfterAnother(all.map(({ ms }) => ms)));
      const insides = taken.map(({ text }) => (JSON.parse(text) as { insideMs: number }).insideMs);
      return { ...timesOf(taken.map(({ ms }) => ms)), inside: timesOf(insides), pace };
    },
  };
}

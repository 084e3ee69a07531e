import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Child } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { askChild, startProgram } from "../ask-child.js";
import type { Served } from "../shots/target.js";

const MASTER = fileURLToPath(new URL("./floor-master.js", import.meta.url));
const PROXY = fileURLToPath(new URL("./floor-proxy.js", import.meta.url));
const ANSWER_MS = 20_000;

/** The floor of locks (see `floor-proxy.ts` and `floor-master.ts`), over the cell's own NATS server. */
export interface LockFloor {
  /** Of its outer halves. */
  readonly urls: readonly string[];
  readonly pids: readonly number[];
  /** Writes that it answered, and how many of them it synced. */
  served(): Promise<Served>;
}

export async function startLockFloor(cleanup: Cleanup, natsUrl: string, proxies: number): Promise<LockFloor> {
  const directory = await mkdtemp(join(tmpdir(), "octofleet-floor-"));
  cleanup.add(() => rm(directory, { recursive: true, force: true }));
  const master = await start(cleanup, MASTER, { natsUrl, directory });
  const masterUrl = master.url;
  const doors = await Promise.all(Array.from({ length: proxies }, () => start(cleanup, PROXY, { natsUrl, masterUrl })));
  return {
    urls: doors.map(({ url }) => url),
    pids: [master, ...doors].map(({ child }) => child.pid),
    async served() {
      const [inner, ...outer] = await Promise.all([master, ...doors].map(({ child }) => countsOf(child)));
      return {
        good: inner?.served ?? 0,
        all: outer.reduce((sum, { served }) => sum + served, 0),
        cpuSeconds: outer.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, inner?.cpuSeconds ?? 0),
      };
    },
  };
}

interface Counts {
  readonly served: number;
  readonly cpuSeconds: number;
}

const countsOf = (child: Child): Promise<Counts> => askChild<Counts>(child, null, ANSWER_MS);

async function start(cleanup: Cleanup, program: string, message: object): Promise<{ child: Child; url: string }> {
  const child = await startProgram("floor", program);
  cleanup.add(() => child.stop());
  const { port } = await askChild<{ port: number }>(child, message, ANSWER_MS);
  return { child, url: `http://127.0.0.1:${port}` };
}

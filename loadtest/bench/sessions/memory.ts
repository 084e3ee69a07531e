import type { Cleanup } from "../../cluster/cleanup.js";
import type { Member } from "../../cluster/member.js";
import { scrape } from "../../cluster/metrics.js";
import { Crowd } from "../crowd/crowd.js";
import type { Server } from "../crowd/server.js";
import { median } from "../median.js";

/** What an idle session keeps of a process's memory. */
export interface Growth {
  readonly sessions: number;
  readonly bytesPerSession: number;
}

const LOOKS = 8;
const LOOK_EVERY_MS = 250;

/** Resident memory, while the sessions there live on: the middle of some looks, since garbage comes and goes. */
export async function residentBytes(of: Pick<Server, "cost">): Promise<number> {
  const looks: number[] = [];
  while (looks.length < LOOKS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    looks.push((await of.cost()).residentBytes);
  }
  return median(looks);
}

const COLLECTED_MS = 1_500;

/** For a process that shall collect its garbage when it is told to (see `collecting.ts`). */
export const COLLECTING = { NODE_OPTIONS: `--import=${new URL("./collecting.js", import.meta.url).href}` };

/** What such a process keeps on its heap. Resident, beside that, is what its last writes left to be collected. */
export async function heapBytes({ url, child }: Member): Promise<number> {
  child.process.kill("SIGUSR2");
  await new Promise((resolve) => setTimeout(resolve, COLLECTED_MS));
  const bytes = (await scrape(url)).sum("nodejs_heap_size_used_bytes");
  if (bytes === undefined) throw new Error(`${child.name} does not tell its heap.`);
  return bytes;
}

/** What each socket of a crowd costs the floor. */
export async function floorGrowth(
  cleanup: Cleanup,
  floor: Server,
  sizes: { readonly few: number; readonly many: number; readonly sessionsPerProcess: number; readonly leaseMs: number },
): Promise<Growth> {
  const crowd = new Crowd(cleanup, sizes);
  await crowd.growTo(sizes.few, [floor]);
  const fewBytes = await residentBytes(floor);
  await crowd.growTo(sizes.many, [floor]);
  const manyBytes = await residentBytes(floor);
  await crowd.leave();
  const sessions = sizes.many - sizes.few;
  return { sessions, bytesPerSession: (manyBytes - fewBytes) / sessions };
}

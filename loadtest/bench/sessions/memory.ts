import type { Cleanup } from "../../cluster/cleanup.js";
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

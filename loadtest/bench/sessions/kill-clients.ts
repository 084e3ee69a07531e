import type { Cleanup } from "../../cluster/cleanup.js";
import type { HolderPlan } from "./holder-messages.js";
import { Holders } from "./holders.js";
import { machineMs } from "./machine-time.js";

/** Where clients are, and by whom. */
export type Where = Omit<HolderPlan, "holds" | "waits" | "idle" | "localAddress">;

const CALM_MS = 2_000;
const FREED_MS = 60_000;

/** Locks with a holder and somebody who waits for it, in a process of clients each. */
export async function beginHeirs(
  cleanup: Cleanup,
  names: readonly string[],
  where: Where,
): Promise<{ readonly holders: Holders; readonly heirs: Holders }> {
  const begin = (localAddress: string, holds: readonly string[], waits: readonly string[]): Promise<Holders> =>
    Holders.begin(cleanup, [{ ...where, localAddress, holds, waits, idle: [] }]);
  const holders = await begin("127.0.2.1", names, []);
  const heirs = await begin("127.0.2.2", [], names);
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  return { holders, heirs };
}

/** When each heir had its lock, counted from then; Infinity for those who did not get it in time. Ends the heirs. */
export async function grantedAfter(heirs: Holders, names: readonly string[], sinceMs: number): Promise<number[]> {
  await heirs.until(FREED_MS, ({ granted }) => granted === names.length);
  const { held } = await heirs.report();
  await heirs.leave();
  const missing = names.length - held.length;
  return [...held.map(({ grantedMs }) => grantedMs - sinceMs), ...Array(missing).fill(Number.POSITIVE_INFINITY)];
}

/** A process of clients that hold locks dies; others, in another process, wait. How long each waited from the kill on, in milliseconds. */
export async function killClients(cleanup: Cleanup, names: readonly string[], where: Where): Promise<number[]> {
  const { holders, heirs } = await beginHeirs(cleanup, names, where);
  const killedMs = machineMs();
  await Promise.all(holders.children.map((child) => child.kill()));
  return grantedAfter(heirs, names, killedMs);
}

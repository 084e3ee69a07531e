import type { Cleanup } from "../../cluster/cleanup.js";
import { within } from "../../cluster/within.js";
import { LockSocket } from "../locks/lock-socket.js";

const NAME = "bench/handed-over";
const GRANTED_MS = 20_000;

/** Hands a lock to and fro. */
export interface HandOver {
  /** So many times; how long each took, from the sending of the release until the other was told, in milliseconds. */
  take(count: number): Promise<number[]>;
}

/** Two sessions, at a door each, of which one holds the lock and the other waits for it. */
export async function openHandOver(
  cleanup: Cleanup,
  urls: readonly [string, string],
  token: string,
): Promise<HandOver> {
  const open = async (url: string, name: string): Promise<LockSocket> => {
    const session = await LockSocket.open(url, token, name, () => {});
    cleanup.add(async () => session.drop());
    return session;
  };
  let holder = await open(urls[0], "one");
  let waiter = await open(urls[1], "other");
  let leaseId = (await holder.acquire(NAME)) as string;
  const once = async (): Promise<number> => {
    const { granted } = await waiter.queue(NAME);
    const releasedMs = performance.now();
    const released = holder.release(NAME, leaseId);
    leaseId = await within(GRANTED_MS, granted, "the lock was not handed over");
    const tookMs = performance.now() - releasedMs;
    await released;
    [holder, waiter] = [waiter, holder];
    return tookMs;
  };
  return {
    async take(count) {
      const times: number[] = [];
      while (times.length < count) times.push(await once());
      return times;
    },
  };
}

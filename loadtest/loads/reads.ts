import { acquireLock, cachedRead } from "../bench/lock.js";
import { openReaders } from "../bench/read-ws/readers.js";
import { fireAt } from "../bench/shots/shot.js";
import { eventually } from "../cluster/within.js";
import { callerAt, inParallel } from "./callers.js";
import type { Load, LoadedCell } from "./load.js";

const NAME = "load/read";
const CONNECTIONS = 100;
const IN_FLIGHT = 16;
const CACHED_MS = 10_000;

async function holdInCache({ cell, proxy, token }: LoadedCell) {
  const path = `/locks/${NAME}`;
  const headers = { authorization: `Bearer ${token}` };
  await acquireLock(cell.master.url, path, headers);
  await eventually(CACHED_MS, () => cachedRead(proxy.url, path, headers), "the proxy did not cache the lock");
  return { url: `${proxy.url}${path}`, headers };
}

export const httpReads: Load = {
  name: "read",
  operation: `cached read, HTTP (${CONNECTIONS} connections)`,
  async prepare(on) {
    const target = await holdInCache(on);
    return async (seconds) => (await fireAt(on.cleanup, target, CONNECTIONS, seconds)).requests.total;
  },
};

export const socketReads: Load = {
  name: "read-ws",
  operation: `cached read, WebSocket (${CONNECTIONS} sockets, ${IN_FLIGHT} in flight)`,
  async prepare(on) {
    await holdInCache(on);
    const sizes = { connections: CONNECTIONS, inFlight: IN_FLIGHT };
    const read = await openReaders(on.cleanup, { url: on.proxy.url, token: on.token, name: NAME, ...sizes });
    return async (seconds) => (await read(seconds)).requests.total;
  },
};

export const misses: Load = {
  name: "miss",
  operation: "read that misses: fill and answer, HTTP",
  async prepare(on) {
    const call = callerAt(on, on.proxy.url);
    let names = 0;
    return (seconds) =>
      inParallel(seconds, () => {
        names += 1;
        return call("GET", `/locks/load/miss/${names}`);
      });
  },
};

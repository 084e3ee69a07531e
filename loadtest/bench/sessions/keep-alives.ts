import type { Cleanup } from "../../cluster/cleanup.js";
import { Crowd } from "../crowd/crowd.js";
import type { Server } from "../crowd/server.js";

/** What a KeepAlive costs the process that answers it. */
export interface KeepAliveCost {
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
}

export interface KeepAlivePair {
  readonly proxy: KeepAliveCost;
  readonly floor: KeepAliveCost;
}

const WARM_MS = 1_000;

/** Lets a crowd at the proxy and one at the floor race in turns, the same in number and messages. */
export async function measureKeepAlives(
  cleanup: Cleanup,
  servers: { readonly proxy: Server; readonly floor: Server },
  sizes: { readonly sockets: number; readonly pairs: number; readonly raceMs: number; readonly leaseMs: number },
): Promise<KeepAlivePair[]> {
  const sides = await Promise.all(
    [servers.proxy, servers.floor].map(async (server) => {
      const crowd = new Crowd(cleanup, { leaseMs: sizes.leaseMs, sessionsPerProcess: sizes.sockets });
      await crowd.growTo(sizes.sockets, [server]);
      await crowd.race(WARM_MS);
      return { server, crowd };
    }),
  );
  const [proxy, floor] = sides as [Side, Side];
  const pairs: KeepAlivePair[] = [];
  while (pairs.length < sizes.pairs) {
    const swapped = pairs.length % 2 === 1;
    const first = await raceOf(swapped ? floor : proxy, sizes.raceMs);
    const second = await raceOf(swapped ? proxy : floor, sizes.raceMs);
    pairs.push(swapped ? { proxy: second, floor: first } : { proxy: first, floor: second });
  }
  await Promise.all(sides.map(({ crowd }) => crowd.leave()));
  return pairs;
}

interface Side {
  readonly server: Server;
  readonly crowd: Crowd;
}

async function raceOf({ server, crowd }: Side, raceMs: number): Promise<KeepAliveCost> {
  const before = await server.cost();
  await crowd.race(raceMs);
  const after = await server.cost();
  const keepAlives = after.keepAlives - before.keepAlives;
  return {
    cpuMicroseconds: ((after.cpuSeconds - before.cpuSeconds) / keepAlives) * 1e6,
    perSecond: (keepAlives * 1_000) / raceMs,
  };
}

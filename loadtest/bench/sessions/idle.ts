import { startCell } from "../../cluster/cell.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { Crowd } from "../crowd/crowd.js";
import { bareServer, costOf, gatewayServer } from "../crowd/server.js";
import { type KeepAlivePair, measureKeepAlives } from "./keep-alives.js";
import { floorGrowth, type Growth, residentBytes } from "./memory.js";
import { measureRenewals, type Renewals } from "./renewals.js";

/** What sessions cost that do nothing but live. */
export interface IdleFindings {
  readonly keepAlives: readonly KeepAlivePair[];
  /** At one proxy, and over two; each with few sessions first, and then with many. */
  readonly renewals: readonly (readonly [Renewals, Renewals])[];
  readonly memory: { readonly proxy: Growth; readonly floor: Growth; readonly master: Growth };
}

export interface IdleSizes {
  readonly few: number;
  /** Over two proxies. */
  readonly sessions: number;
  /** At one proxy. */
  readonly atOne: number;
  readonly leaseMs: number;
  /** How long the master is watched, each time. */
  readonly seconds: number;
  readonly pairs: number;
}

const SESSIONS_PER_PROCESS = 10_000;
const RACE = { sockets: 500, raceMs: 1_500 };

/** Sessions that hold nothing, as most do: first at one proxy, then over two. */
export async function measureIdle(
  cleanup: Cleanup,
  sizes: IdleSizes,
  say: (text: string) => void,
): Promise<IdleFindings> {
  const { few, atOne, leaseMs, seconds } = sizes;
  const crowdSizes = { leaseMs, sessionsPerProcess: SESSIONS_PER_PROCESS };
  say("starting a cell with one proxy");
  // All come within seconds here, and none of them is one of a herd.
  const cell = await startCell(cleanup, 1, { proxy: ["--sockets-per-s", "1000000"] });
  const token = cell.tokens[0] as string;
  const masterUrl = cell.master.url;
  const master = { cost: () => costOf(cell.master) };

  say(`KeepAlives beside the floor, ${sizes.pairs} pairs`);
  const racer = await cell.startProxy();
  const race = { proxy: gatewayServer(racer, token), floor: await bareServer(cleanup) };
  const keepAlives = await measureKeepAlives(cleanup, race, { ...sizes, ...RACE });
  await racer.child.stop();

  say(`${atOne} sockets at the floor`);
  const floor = await floorGrowth(cleanup, await bareServer(cleanup), { few, many: atOne, ...crowdSizes });

  const first = gatewayServer(await cell.startProxy(), token);
  say(`${few} sessions at one proxy`);
  const one = { crowd: new Crowd(cleanup, crowdSizes), places: [first], masterUrl };
  const fewAtOne = await measureRenewals(one, few, seconds);
  const bytesAtFew = [await residentBytes(first), await residentBytes(master)] as const;
  say(`${atOne} sessions at one proxy`);
  const manyAtOne = await measureRenewals(one, atOne, seconds);
  const bytesAtMany = [await residentBytes(first), await residentBytes(master)] as const;
  await one.crowd.leave();
  const sessions = atOne - few;
  const growth = (at: 0 | 1): Growth => ({ sessions, bytesPerSession: (bytesAtMany[at] - bytesAtFew[at]) / sessions });

  const second = gatewayServer(await cell.startProxy(), token);
  const two = { crowd: new Crowd(cleanup, crowdSizes), places: [first, second], masterUrl };
  say(`${few} sessions over two proxies`);
  const fewAtTwo = await measureRenewals(two, few, seconds);
  say(`${sizes.sessions} sessions over two proxies`);
  const manyAtTwo = await measureRenewals(two, sizes.sessions, seconds);
  await two.crowd.leave();
  return {
    keepAlives,
    renewals: [
      [fewAtOne, manyAtOne],
      [fewAtTwo, manyAtTwo],
    ],
    memory: { proxy: growth(0), floor, master: growth(1) },
  };
}

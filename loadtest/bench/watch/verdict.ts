import { median } from "../median.js";
import type { Times } from "../write/times.js";
import type { WatchBenchSettings, WatchTurn } from "./findings.js";
import type { Telling, WatchPeer } from "./peer.js";

/** How much longer the others may wait at p99 beside a watcher that does not read. */
export const STUCK_BAR = 1.1;

export interface WatchVerdict {
  readonly watchers: number;
  /** Medians of the turns: until the last watcher was told. */
  readonly floor: Times;
  readonly cell: Times;
  /** p99 of all watchers and changes: alone, and beside a stuck one; and the median of the turns' ratios. */
  readonly freeP99Ms: number;
  readonly stuckP99Ms: number;
  readonly stuckRatio: number;
  /** Beside etcd: medians of turns with as many watchers at each. */
  readonly peer: WatchPeerVerdict | undefined;
  /** Why the run is void, if it is. */
  readonly flaws: readonly string[];
}

export interface WatchPeerVerdict {
  readonly watchers: number;
  readonly cell: PeerTelling;
  readonly etcd: PeerTelling;
}

/** Until the last watcher was told, and what it cost for each. */
interface PeerTelling extends Times {
  readonly cpuMicroseconds: number;
}

export function watchVerdictOf(
  turns: readonly WatchTurn[],
  { watchers }: Pick<WatchBenchSettings, "watchers">,
  peer?: WatchPeer,
): WatchVerdict {
  const medianOf = (of: (turn: WatchTurn) => number): number => median(turns.map(of));
  const lastOf = (of: (turn: WatchTurn) => { readonly last: Times }): Times => ({
    p50Ms: medianOf((turn) => of(turn).last.p50Ms),
    p99Ms: medianOf((turn) => of(turn).last.p99Ms),
  });
  const told = turns.filter(({ sentToStuck }) => sentToStuck !== 0);
  return {
    watchers,
    floor: lastOf(({ floor }) => floor),
    cell: lastOf(({ free }) => free),
    freeP99Ms: medianOf(({ free }) => free.any.p99Ms),
    stuckP99Ms: medianOf(({ stuck }) => stuck.any.p99Ms),
    stuckRatio: medianOf(({ free, stuck }) => stuck.any.p99Ms / free.any.p99Ms),
    peer: peer && peerOf(peer),
    flaws: told.map(({ sentToStuck }) => `the stuck watcher was still told of ${sentToStuck} events`),
  };
}

function peerOf({ watchers, turns }: WatchPeer): WatchPeerVerdict {
  const middle = (of: (turn: WatchPeer["turns"][number]) => Telling): PeerTelling => ({
    p50Ms: median(turns.map((turn) => of(turn).last.p50Ms)),
    p99Ms: median(turns.map((turn) => of(turn).last.p99Ms)),
    cpuMicroseconds: median(turns.map((turn) => of(turn).cpuMicroseconds)),
  });
  return { watchers, cell: middle(({ cell }) => cell), etcd: middle(({ etcd }) => etcd) };
}

/** Whether a run measured what it should, and found it as it should be. */
export const watchPasses = ({ flaws, stuckRatio }: WatchVerdict): boolean =>
  flaws.length === 0 && stuckRatio < STUCK_BAR;

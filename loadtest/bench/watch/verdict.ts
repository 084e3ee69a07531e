import { median } from "../median.js";
import { medianPace, type Pace } from "../pace.js";
import type { Times } from "../write/times.js";
import type { WatchBenchSettings, WatchTurn } from "./findings.js";
import type { WatchPeer } from "./peer.js";
import type { Telling } from "./publish.js";

/** How much longer the others may wait at p99 beside a watcher that does not read. */
export const STUCK_BAR = 1.1;

export interface WatchVerdict {
  readonly watchers: number;
  /** Medians of the turns: until the last watcher was told. */
  readonly floor: Told;
  readonly cell: Told;
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
  readonly cell: Told;
  readonly etcd: Told;
}

/** Until the last watcher was told, how many were told in a second, and what it cost for each. */
type Told = Times & Pace;

export function watchVerdictOf(
  turns: readonly WatchTurn[],
  { watchers }: Pick<WatchBenchSettings, "watchers">,
  peer?: WatchPeer,
): WatchVerdict {
  const medianOf = (of: (turn: WatchTurn) => number): number => median(turns.map(of));
  const told = turns.filter(({ sentToStuck }) => sentToStuck !== 0);
  return {
    watchers,
    floor: toldOf(turns.map(({ floor }) => floor)),
    cell: toldOf(turns.map(({ free }) => free)),
    freeP99Ms: medianOf(({ free }) => free.any.p99Ms),
    stuckP99Ms: medianOf(({ stuck }) => stuck.any.p99Ms),
    stuckRatio: medianOf(({ free, stuck }) => stuck.any.p99Ms / free.any.p99Ms),
    peer: peer && peerOf(peer),
    flaws: told.map(({ sentToStuck }) => `the stuck watcher was still told of ${sentToStuck} events`),
  };
}

const peerOf = ({ watchers, turns }: WatchPeer): WatchPeerVerdict => ({
  watchers,
  cell: toldOf(turns.map(({ cell }) => cell)),
  etcd: toldOf(turns.map(({ etcd }) => etcd)),
});

const toldOf = (tellings: readonly Telling[]): Told => ({
  p50Ms: median(tellings.map(({ last }) => last.p50Ms)),
  p99Ms: median(tellings.map(({ last }) => last.p99Ms)),
  ...medianPace(tellings.map(({ pace }) => pace)),
});

/** Whether a run measured what it should, and found it as it should be. */
export const watchPasses = ({ flaws, stuckRatio }: WatchVerdict): boolean =>
  flaws.length === 0 && stuckRatio < STUCK_BAR;

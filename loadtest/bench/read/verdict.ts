import { tableOf } from "../../report/table.js";
import { type Bar, barsText, isMet } from "../bars.js";
import { flawsOf, type Medians, mediansOf, mediansRow } from "../shots/medians.js";
import type { Round } from "../shots/rounds.js";
import type { ReadPeer } from "./peers.js";

export type ReadRound = Round<"proxy" | "floor"> & Partial<Round<ReadPeer>>;

export interface Verdict {
  readonly proxy: Medians;
  readonly floor: Medians;
  /** CPU time per request, floor / proxy: what the bar is about. 1 is a proxy that costs no more than the floor. */
  readonly cpuRatio: number;
  /** Requests per second, proxy / floor. A busy neighbour moves it. */
  readonly rateRatio: number;
  /** Those that were measured. */
  readonly peers: Partial<Record<ReadPeer, Medians>>;
  /** Why the run is void, if it is. */
  readonly flaws: readonly string[];
}

/** CPU time per request, peer / proxy: the least that passes. */
const PEER_BARS = { nginx: 0.85, etcdLinearizable: 3 } as const;

/** What people know them by. */
export const READ_PEERS: Readonly<Record<ReadPeer, string>> = {
  nginx: "nginx, up to a second stale",
  etcdLinearizable: "etcd, linearizable, through grpc-proxy",
  etcdLeasing: "etcd, linearizable, grpc-proxy with leasing (experimental)",
  etcdCached: "etcd, serializable, grpc-proxy's cache (may be stale)",
};

/** The medians of all rounds and their ratios. */
export function verdictOf(rounds: readonly ReadRound[]): Verdict {
  const whole = rounds as readonly Round<"proxy" | "floor" | ReadPeer>[];
  const { proxy, floor, ...peers } = mediansOf(whole);
  return {
    ...{ proxy, floor, peers },
    cpuRatio: floor.cpuMicroseconds / proxy.cpuMicroseconds,
    rateRatio: proxy.requestsPerSecond / floor.requestsPerSecond,
    flaws: flawsOf(whole),
  };
}

/** What the run was to show. `bar`: the least that passes beside the floor. */
export function readBars({ cpuRatio, proxy, peers }: Verdict, bar: number): Bar[] {
  const beside = (peer: keyof typeof PEER_BARS, what: string): Bar[] => {
    const medians = peers[peer];
    if (medians === undefined) return [];
    return [{ what, measured: medians.cpuMicroseconds / proxy.cpuMicroseconds, atLeast: PEER_BARS[peer] }];
  };
  return [
    { what: "cached read over HTTP, by CPU, beside bare node:http", measured: cpuRatio, atLeast: bar },
    ...beside("nginx", "cached read over HTTP, by CPU, beside nginx's microcache"),
    ...beside("etcdLinearizable", "linearizable read, by CPU, beside etcd through grpc-proxy"),
  ];
}

/** Whether a run measured what it should, and reached the bars. */
export const passes = (verdict: Verdict, bar: number): boolean =>
  verdict.flaws.length === 0 && readBars(verdict, bar).every(isMet);

/** A verdict as people read it. */
export function verdictText(verdict: Verdict, bar: number): string {
  const { floor, proxy, cpuRatio, rateRatio, flaws } = verdict;
  const peers = Object.entries(verdict.peers) as [ReadPeer, Medians][];
  return [
    tableOf(
      ["medians", "CPU µs/request", "requests/s", "p50 ms", "p99 ms"],
      [mediansRow("floor", floor), mediansRow("proxy", proxy), ["ratio", cpuRatio, rateRatio]],
    ),
    ...(peers.length === 0 ? [] : [peersText(proxy, peers)]),
    ...flaws.map((flaw) => `VOID  ${flaw}`),
    flaws.length > 0 ? "The run is void: it did not measure cached reads." : barsText(readBars(verdict, bar)),
  ].join("\n");
}

function peersText(proxy: Medians, peers: readonly [ReadPeer, Medians][]): string {
  const rows = peers.map(([peer, medians]) => [
    ...mediansRow(READ_PEERS[peer], medians),
    medians.cpuMicroseconds / proxy.cpuMicroseconds,
  ]);
  return [
    tableOf(["peers, medians", "CPU µs/request", "requests/s", "p50 ms", "p99 ms", "CPU, peer / proxy"], rows),
    "CPU is that of nginx and its workers, and of etcd's server and proxies together; etcd is read over gRPC.",
  ].join("\n");
}

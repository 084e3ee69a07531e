import { shown, tableOf } from "../../report/table.js";
import { type FailoverVerdict, failoverPasses, isInTime } from "./verdict.js";

/** A verdict as people read it. */
export function failoverVerdictText(verdict: FailoverVerdict): string {
  const { cell, floor, p50Ratio } = verdict.handOver;
  const { etcdHandOver } = verdict;
  const hasEtcd = etcdHandOver !== undefined;
  const seconds = (ms: number): string => `${shown(ms / 1_000)} s`;
  return [
    tableOf(
      ["from a release until the stand-by was told", "p50 ms", "p99 ms", "releases/s", "CPU µs/release"],
      [
        ["floor: the same hops, one synced append", ...figuresOf(floor)],
        ["cell", ...figuresOf(cell)],
        [
          ...["ratio", p50Ratio, cell.p99Ms / floor.p99Ms],
          ...[cell.perS / floor.perS, cell.cpuMicroseconds / floor.cpuMicroseconds],
        ],
        ...(hasEtcd ? [["etcd's lock service, through grpc-proxies", etcdHandOver.p50Ms, etcdHandOver.p99Ms]] : []),
      ],
    ),
    tableOf(
      ["what happens", "p50", "the last", "at most", "", ...(hasEtcd ? ["etcd, p50"] : [])],
      verdict.waits.map((wait) => [
        ...[wait.what, seconds(wait.p50Ms), seconds(wait.lastMs), seconds(wait.atMostMs)],
        isInTime(wait) ? "in time" : "MISSED",
        ...(hasEtcd ? [wait.etcdMs === undefined ? undefined : seconds(wait.etcdMs)] : []),
      ]),
    ),
    failoverPasses(verdict) ? "Nobody waited for longer than is promised." : "Somebody waited for too long: MISSED.",
  ].join("\n");
}

type Figures = FailoverVerdict["handOver"]["cell"];
const figuresOf = ({ p50Ms, p99Ms, perS, cpuMicroseconds }: Figures) => [p50Ms, p99Ms, perS, cpuMicroseconds];

import { shown, tableOf } from "../../report/table.js";
import { STUCK_BAR, type WatchPeerVerdict, type WatchVerdict, watchPasses } from "./verdict.js";

/** A verdict as people read it. */
export function watchVerdictText(verdict: WatchVerdict): string {
  const { watchers, floor, cell, freeP99Ms, stuckP99Ms, stuckRatio, flaws } = verdict;
  return [
    tableOf(
      [`from a change until the last of ${watchers} was told`, "p50 ms", "p99 ms", "told/s", "CPU µs/watcher told"],
      [
        ["floor: a bare server's broadcast", ...figuresOf(floor)],
        ["cell: round, journal, event, two proxies", ...figuresOf(cell)],
        ["ratio", ...figuresOf(cell).map((figure, at) => figure / (figuresOf(floor)[at] as number))],
      ],
    ),
    `p99 of all watchers: ${shown(freeP99Ms)} ms, and ${shown(stuckP99Ms)} ms while one socket with a thousand watches is not read.`,
    ...(verdict.peer === undefined ? [] : [peerText(verdict.peer)]),
    ...flaws.map((flaw) => `VOID  ${flaw}`),
    flaws.length > 0
      ? "The run is void: the stuck watcher was not stuck."
      : `A stuck watcher makes it ${stuckRatio.toFixed(2)} times as long for the others; the bar, below ${STUCK_BAR.toFixed(2)}, is ${watchPasses(verdict) ? "reached" : "MISSED"}.`,
  ].join("\n");
}

type Figures = WatchVerdict["cell"];
const figuresOf = ({ p50Ms, p99Ms, perS, cpuMicroseconds }: Figures) => [p50Ms, p99Ms, perS, cpuMicroseconds];

const peerText = ({ watchers, cell, etcd }: WatchPeerVerdict): string =>
  tableOf(
    [`beside etcd: ${watchers} watchers through two proxies`, "CPU µs/watcher told", "the last, p50 ms", "p99 ms"],
    [
      ["cell: master and proxies", cell.cpuMicroseconds, cell.p50Ms, cell.p99Ms],
      ["etcd: server and grpc-proxies", etcd.cpuMicroseconds, etcd.p50Ms, etcd.p99Ms],
    ],
  );

import type { Outcome } from "../outcome.js";
import type { BarChart } from "../page/bar-chart.js";
import { STUCK_BAR, type WatchVerdict } from "./verdict.js";
import { watchVerdictText } from "./verdict-text.js";

export function watchOutcome(verdict: WatchVerdict): Outcome {
  const { stuckRatio, flaws } = verdict;
  return {
    text: watchVerdictText(verdict),
    bars: [{ what: "watchers beside a stuck one, p99, times as long", measured: stuckRatio, atMost: STUCK_BAR }],
    charts: chartsOf(verdict),
    flaws,
  };
}

function chartsOf({ peer }: WatchVerdict): BarChart[] {
  if (peer === undefined) return [];
  const { watchers, cell, etcd } = peer;
  const names = ["cell: master and two proxies", "etcd: server and two grpc-proxies"] as const;
  return [
    {
      ...{ title: `CPU for each of ${watchers} watchers that is told`, note: "Less is better.", unit: "µs" },
      rows: [
        { name: names[0], of: "ours", value: cell.cpuMicroseconds },
        { name: names[1], of: "peer", value: etcd.cpuMicroseconds },
      ],
    },
    {
      ...{ title: `From a change until the last of ${watchers} was told`, unit: "ms" },
      note: "p50, the watchers' own time to read it included. Less is better.",
      rows: [
        { name: names[0], of: "ours", value: cell.p50Ms },
        { name: names[1], of: "peer", value: etcd.p50Ms },
      ],
    },
  ];
}

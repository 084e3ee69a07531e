import type { Outcome } from "../outcome.js";
import type { BarChartRow } from "../page/bar-chart.js";
import { READ_PEERS, readBars, type Verdict, verdictText } from "./verdict.js";

export function readOutcome(verdict: Verdict, bar: number): Outcome {
  const peers = Object.entries(verdict.peers).map(([peer, { cpuMicroseconds: value }]): BarChartRow => {
    return { name: READ_PEERS[peer as keyof typeof READ_PEERS], of: "peer", value };
  });
  const rows: BarChartRow[] = [
    { name: "proxy: fresh, from its cache, over HTTP", of: "ours", value: verdict.proxy.cpuMicroseconds },
    { name: "floor: bare node:http", of: "floor", value: verdict.floor.cpuMicroseconds },
    ...peers,
  ];
  return {
    text: verdictText(verdict, bar),
    bars: readBars(verdict, bar),
    charts: [
      {
        title: "CPU of one read",
        note: "Of the proxy, and of all processes of a peer. Less is better.",
        unit: "µs",
        rows,
      },
    ],
    flaws: verdict.flaws,
  };
}

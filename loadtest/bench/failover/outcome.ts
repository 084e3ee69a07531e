import type { Outcome } from "../outcome.js";
import type { BarChart, BarChartRow } from "../page/bar-chart.js";
import type { FailoverVerdict } from "./verdict.js";
import { failoverVerdictText } from "./verdict-text.js";

export function failoverOutcome(verdict: FailoverVerdict): Outcome {
  return {
    text: failoverVerdictText(verdict),
    bars: verdict.waits.map(({ what, lastMs, atMostMs }) => ({
      what: `s, ${what}`,
      measured: lastMs / 1_000,
      atMost: atMostMs / 1_000,
    })),
    charts: chartsOf(verdict),
    flaws: [],
  };
}

function chartsOf({ handOver, etcdHandOver, waits }: FailoverVerdict): BarChart[] {
  const released: BarChartRow[] = [
    { name: "cell", of: "ours", value: handOver.cell.p50Ms },
    { name: "floor: the same hops, one append", of: "floor", value: handOver.floor.p50Ms },
  ];
  if (etcdHandOver !== undefined)
    released.push({ name: "etcd's lock service through grpc-proxies", of: "peer", value: etcdHandOver.p50Ms });
  const beside = waits.flatMap(({ what, p50Ms, etcdMs }): BarChart[] => {
    if (etcdMs === undefined) return [];
    const [title, note] = what.split(": ") as [string, string];
    const rows: BarChartRow[] = [
      { name: "cell", of: "ours", value: p50Ms / 1_000 },
      { name: "etcd", of: "peer", value: etcdMs / 1_000 },
    ];
    return [{ ...{ title, note: `${note}; p50. Less is better.`, unit: "s" }, rows }];
  });
  const note = "p50. Less is better.";
  return [{ ...{ title: "From a release until the next was told", note, unit: "ms" }, rows: released }, ...beside];
}

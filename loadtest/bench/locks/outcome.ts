import type { Outcome } from "../outcome.js";
import { type LocksVerdict, locksVerdictText } from "./verdict.js";

export function locksOutcome(verdict: LocksVerdict): Outcome {
  const { cell, floor, cpuRatio, rateRatio, bar, flaws } = verdict;
  return {
    text: locksVerdictText(verdict),
    bars: [
      { what: "durable acquire and release, by CPU, beside the same hops", measured: cpuRatio, atLeast: bar },
      { what: "durable acquire and release, by throughput", measured: rateRatio, atLeast: bar },
    ],
    charts: [
      {
        ...{ title: "CPU of one durable write", note: "An acquire or a release. Less is better.", unit: "µs" },
        rows: [
          { name: "cell: proxy, master and NATS", of: "ours", value: cell.cpuMicroseconds },
          { name: "floor: the same hops and appends", of: "floor", value: floor.cpuMicroseconds },
        ],
      },
    ],
    flaws,
  };
}

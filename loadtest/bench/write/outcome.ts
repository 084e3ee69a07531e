import { LIMITS } from "../../../shared/protocol/limits.js";
import type { Outcome } from "../outcome.js";
import { STALL_MARGIN_MS, type WriteVerdict } from "./verdict.js";
import { writeVerdictText } from "./verdict-text.js";

export function writeOutcome(verdict: WriteVerdict, bar: number): Outcome {
  const { judged, unheld, pauses, flaws, misses } = verdict;
  const stalledMs = Math.max(...pauses.map(({ firstMs }) => firstMs));
  return {
    text: writeVerdictText(verdict, bar),
    bars: [
      {
        what: `write to a key that ${judged.proxies} proxies hold, p50, times the floor`,
        measured: judged.p50Ratio,
        atMost: bar,
      },
      { what: "rounds for writes to a key that nobody holds", measured: unheld.counted.rounds, atMost: 0 },
      {
        what: "ms that a paused proxy stalls a write",
        measured: stalledMs,
        atMost: LIMITS.proxyLeaseMs + STALL_MARGIN_MS,
      },
      { what: "writes: what else was not as it should be", measured: misses.length, atMost: 0 },
    ],
    charts: [
      {
        ...{
          title: `A write that ${judged.proxies} proxies must forget first`,
          note: "p50. Less is better.",
          unit: "ms",
        },
        rows: [
          { name: "cell", of: "ours", value: judged.write.p50Ms },
          { name: "floor: NATS to as many and back, one append", of: "floor", value: judged.floor.p50Ms },
        ],
      },
    ],
    flaws,
  };
}

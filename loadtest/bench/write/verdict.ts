import { LIMITS } from "../../../shared/protocol/limits.js";
import { median } from "../median.js";
import { medianPace, type Pace } from "../pace.js";
import { judgedOf, type WriteBenchSettings, type WriteFindings } from "./findings.js";
import type { Freshness } from "./freshness.js";
import type { Pause } from "./pause.js";
import type { Times } from "./times.js";

/** What a busy machine may add to a stall that the proxy's lease ends. */
export const STALL_MARGIN_MS = 500;
/** A write that nothing holds up is within so many times the p99 of those made while no proxy was paused. */
export const NEXT_P99S = 5;
/** A proxy renews this long before its lease is over, at the latest: less of a stall, and nobody waited for it. */
const STALL_MIN_MS = (LIMITS.proxyLeaseMs - LIMITS.renewEveryMs) / 2;

/** Medians of all pairs with so many proxies. A ratio is the median of the pairs' ratios: the machine changes from pair to pair. */
export interface Cost {
  readonly proxies: number;
  readonly processes: number;
  readonly acksPerWrite: number;
  readonly write: Times;
  readonly floor: Times;
  readonly paces: { readonly write: Pace; readonly floor: Pace };
  /** The floor without the way from the client and back. */
  readonly inside: Times;
  readonly p50Ratio: number;
  readonly p99Ratio: number;
  /** p50 of the write, its way from the client and back included, over that of the floor without. */
  readonly insideRatio: number;
}

export interface WriteVerdict {
  readonly costs: readonly Cost[];
  readonly judged: Cost;
  readonly unheld: WriteFindings["unheld"];
  readonly pauses: readonly Pause[];
  /** What was found otherwise than it should be. */
  readonly misses: readonly string[];
  /** Why the run is void, if it is. */
  readonly flaws: readonly string[];
}

/** Judges what was seen. One of the numbers of proxies must have a process for each. */
export function writeVerdictOf(findings: WriteFindings, settings: WriteBenchSettings): WriteVerdict {
  const { freshness, unheld, pauses } = findings;
  const costs = freshness.map(costOf);
  const judged = costs.find(({ proxies }) => proxies === judgedOf(settings)) as Cost;
  return {
    ...{ costs, judged, unheld, pauses },
    misses: [
      ...(judged.p50Ratio <= settings.bar ? [] : [`p50 at ${judged.proxies} proxies is above the bar`]),
      ...(unheld.counted.rounds === 0 ? [] : ["a write to a key that nobody holds cost a round"]),
      ...pauses.flatMap((pause) => missesOf(pause, judged)),
    ],
    flaws: [...freshness.flatMap(flawsOf), ...pauses.flatMap((pause) => pauseFlawsOf(pause, judged))],
  };
}

/** Whether a run measured what it should, and found it as it should be. */
export const writePasses = ({ flaws, misses }: WriteVerdict): boolean => flaws.length + misses.length === 0;

function costOf({ proxies, processes, writes, pairs }: Freshness): Cost {
  const medians = (timesOf: (pair: Freshness["pairs"][number]) => Times): Times => ({
    p50Ms: median(pairs.map((pair) => timesOf(pair).p50Ms)),
    p99Ms: median(pairs.map((pair) => timesOf(pair).p99Ms)),
  });
  const write = medians((pair) => pair.write);
  const floor = medians((pair) => pair.floor);
  const acks = pairs.reduce((sum, { counted }) => sum + counted.acks, 0);
  return {
    ...{ proxies, processes, write, floor },
    paces: {
      write: medianPace(pairs.map((pair) => pair.write.pace)),
      floor: medianPace(pairs.map((pair) => pair.floor.pace)),
    },
    inside: medians((pair) => pair.floor.inside),
    acksPerWrite: acks / (writes * pairs.length),
    p50Ratio: median(pairs.map((pair) => pair.write.p50Ms / pair.floor.p50Ms)),
    p99Ratio: median(pairs.map((pair) => pair.write.p99Ms / pair.floor.p99Ms)),
    insideRatio: median(pairs.map((pair) => pair.write.p50Ms / pair.floor.inside.p50Ms)),
  };
}

function flawsOf({ proxies, writes, pairs }: Freshness): string[] {
  return pairs
    .filter(({ counted }) => counted.rounds !== writes || counted.acks !== writes * proxies)
    .map(({ counted: { rounds, acks } }) => `${proxies} proxies: ${writes} writes, ${rounds} rounds, ${acks} acks`);
}

function missesOf({ firstMs, nextMs }: Pause, { write }: Cost): string[] {
  const misses: string[] = [];
  if (firstMs > LIMITS.proxyLeaseMs + STALL_MARGIN_MS) misses.push("a paused proxy stalled a write beyond its lease");
  if (nextMs > NEXT_P99S * write.p99Ms) misses.push("a paused proxy held up the write after the one that it stalled");
  return misses;
}

function pauseFlawsOf({ firstMs, counted }: Pause, { proxies }: Cost): string[] {
  const flaws: string[] = [];
  if (firstMs < STALL_MIN_MS)
    flaws.push(`a paused proxy did not hold the key: the write took ${Math.round(firstMs)} ms`);
  const acks = 2 * (proxies - 1);
  if (counted.acks !== acks) flaws.push(`beside a paused proxy two writes got ${counted.acks} acks instead of ${acks}`);
  return flaws;
}

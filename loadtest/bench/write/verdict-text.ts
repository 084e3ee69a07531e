import { LIMITS } from "../../../shared/protocol/limits.js";
import { shown, tableOf } from "../../report/table.js";
import { median } from "../median.js";
import { NEXT_P99S, STALL_MARGIN_MS, type WriteVerdict, writePasses } from "./verdict.js";

/** A verdict as people read it. */
export function writeVerdictText(verdict: WriteVerdict, bar: number): string {
  const { judged } = verdict;
  return [
    tableOf(
      ["proxies that hold the key", "processes", "acks/write", "p50 ms", "floor", "ratio", "p99 ms", "floor", "ratio"],
      verdict.costs.map(({ proxies, processes, acksPerWrite, write, floor, p50Ratio, p99Ratio }) => [
        ...[`${proxies}`, processes, acksPerWrite],
        ...[write.p50Ms, floor.p50Ms, p50Ratio, write.p99Ms, floor.p99Ms, p99Ratio],
      ]),
    ),
    tableOf(
      ["one after another", "writes/s", "floor", "CPU µs/write, master and proxies", "floor", "floor / write"],
      verdict.costs.map(({ proxies, paces: { write, floor } }) => [
        ...[`${proxies}`, write.perS, floor.perS, write.cpuMicroseconds, floor.cpuMicroseconds],
        floor.cpuMicroseconds / write.cpuMicroseconds,
      ]),
    ),
    "Proxies are spread over the processes, each with a gateway, a link and a NATS connection of its own. Floor: NATS to as",
    "many subscribers and back, in as many processes, then one synced append. NATS itself is in neither side's CPU time. The",
    "client's HTTP way is in both; with it left out of the floor alone,",
    `p50 at ${judged.proxies} is ${shown(judged.write.p50Ms)} ms beside ${shown(judged.inside.p50Ms)} ms, ratio ${shown(judged.insideRatio)}.`,
    unheldText(verdict),
    pauseText(verdict),
    ...verdict.flaws.map((flaw) => `VOID  ${flaw}`),
    ...verdict.misses.map((miss) => `MISSED  ${miss}`),
    lastLine(verdict, bar),
  ].join("\n");
}

function unheldText({ unheld: { writes, write, floor, counted } }: WriteVerdict): string {
  const times = `p50 ${shown(write.p50Ms)} ms, ${shown(write.p50Ms / floor.p50Ms)} times the append alone`;
  return `Nobody holds the key: ${writes} writes cost ${counted.rounds} rounds and ${counted.acks} acks; ${times}.`;
}

function pauseText({ pauses, judged }: WriteVerdict): string {
  const firsts = pauses.map(({ firstMs }) => `${Math.round(firstMs)}`).join(", ");
  const nexts = pauses.map(({ nextMs }) => nextMs);
  const ratio = shown(median(nexts) / judged.write.p99Ms);
  return [
    `One of ${judged.proxies} proxies paused: the write took ${firsts} ms (at most ${LIMITS.proxyLeaseMs} + ${STALL_MARGIN_MS}),`,
    `the next ${nexts.map(shown).join(", ")} ms: ${ratio} times the p99 of no pause (at most ${NEXT_P99S}).`,
  ].join("\n");
}

function lastLine(verdict: WriteVerdict, bar: number): string {
  if (verdict.flaws.length > 0) return "The run is void: it did not measure writes to keys that all proxies hold.";
  const { proxies, p50Ratio } = verdict.judged;
  const reached = p50Ratio <= bar ? "is reached" : "is MISSED";
  const rest = p50Ratio <= bar && !writePasses(verdict) ? " Something else was MISSED." : "";
  return `At ${proxies} proxies a write takes ${p50Ratio.toFixed(2)} times the floor; the bar, ${bar.toFixed(2)}, ${reached}.${rest}`;
}

import { withCleanup } from "../../cluster/cleanup.js";
import type { Load } from "../../loads/load.js";
import { startLoadedCell } from "../../loads/loaded-cell.js";
import { ProgressLine } from "../../progress-line.js";
import { tableOf } from "../../report/table.js";
import { median } from "../median.js";
import { writeRecord } from "../record.js";
import { type Cost, idleOf, type Sample, sampleOf, withLoad } from "./sample.js";

const IDLE_SECONDS = 3;
const WARM_SECONDS = 1;

export interface CostSettings {
  readonly pairs: number;
  /** Of each run of a load. */
  readonly seconds: number;
  /** Where the result is written as JSON. */
  readonly out: string;
}

/** The runs of one load. */
interface Samples {
  readonly load: string;
  readonly operation: string;
  readonly samples: readonly Sample[];
}

/**
 * What does one operation of each kind cost a proxy and the master?
 *
 * CPU time is what a neighbour on the same machine can move least; what an idle cell uses is subtracted. Calls and
 * bytes are those of the system that read and write, as it counts them itself.
 *
 * @returns what to print
 */
export async function benchCosts(loads: readonly Load[], settings: CostSettings): Promise<string> {
  const found = await measure(loads, settings);
  await writeRecord(settings.out, { bench: "costs", settings, found });
  return costTable(found);
}

function measure(loads: readonly Load[], { pairs, seconds }: CostSettings): Promise<Samples[]> {
  return withCleanup(async (cleanup) => {
    const line = new ProgressLine();
    line.say("starting a cell with one proxy");
    const on = await startLoadedCell(cleanup);
    const idle = await idleOf(on, IDLE_SECONDS);
    const found: Samples[] = [];
    for (const load of loads) {
      line.say(`${load.name}: ${load.operation}`);
      const samples = await withLoad(on, load, async (run) => {
        await run(WARM_SECONDS);
        const taken: Sample[] = [];
        while (taken.length < pairs) taken.push(await sampleOf(on, idle, run, seconds));
        return taken;
      });
      found.push({ load: load.name, operation: load.operation, samples });
    }
    line.end(`medians of ${pairs} runs of ${seconds} s for each`);
    return found;
  });
}

function costTable(found: readonly Samples[]): string {
  const head = ["one operation", "proxy: CPU µs", "calls", "bytes", "master: CPU µs", "calls", "bytes", "per second"];
  const rows = found.map(({ operation, samples }) => {
    const middle = (of: (sample: Sample) => number | undefined): number =>
      median(samples.map((each) => of(each) ?? Number.NaN));
    const cost = (of: "proxy" | "master"): number[] =>
      (["cpuMicroseconds", "calls", "bytes"] satisfies (keyof Cost)[]).map((what) =>
        rounded(middle((each) => each[of][what])),
      );
    return [operation, ...cost("proxy"), ...cost("master"), Math.round(middle((each) => each.operationsPerS))];
  });
  return tableOf(head, rows);
}

/** Two digits after the point, below ten; a zero that is one. */
const rounded = (value: number): number => (value < 0.005 ? 0 : value);

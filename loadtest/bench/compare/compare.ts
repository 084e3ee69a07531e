import { fileURLToPath } from "node:url";
import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import type { Load, LoadedCell } from "../../loads/load.js";
import { startLoadedCell } from "../../loads/loaded-cell.js";
import { ProgressLine } from "../../progress-line.js";
import { commitName } from "../../report/commit.js";
import { type Idle, idleOf, type Sample, sampleOf, withLoad } from "../costs/sample.js";
import { writeRecord } from "../record.js";
import { buildRevision } from "./other-tree.js";
import { type Compared, comparedText } from "./verdict.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const IDLE_SECONDS = 3;
const WARM_SECONDS = 1;

export interface CompareSettings {
  /** The other revision. */
  readonly compare: string;
  readonly pairs: number;
  readonly seconds: number;
  readonly out: string;
}

interface Side {
  readonly on: LoadedCell;
  readonly idle: Idle;
}

/**
 * Is this tree slower than another revision?
 *
 * Two figures of two days say nothing. So the other revision is built, a cell of each stands beside the other, and the
 * same load, driven by this tree, is on either in turns, every other time in reverse order; compared is within each pair.
 *
 * @returns what to print
 */
export async function benchCompare(loads: readonly Load[], settings: CompareSettings): Promise<string> {
  return withCleanup(async (cleanup) => {
    const line = new ProgressLine();
    line.say(`building ${settings.compare}`);
    const other = await buildRevision(cleanup, HERE, settings.compare);
    line.say("starting a cell of each");
    const sides = { this: await startSide(cleanup), other: await startSide(cleanup, other.cli) };
    const found: Compared[] = [];
    for (const load of loads) {
      line.say(`${load.name}: ${load.operation}`);
      found.push(await alternate(load, sides, settings));
    }
    line.end(`${settings.pairs} pairs of ${settings.seconds} s for each`);
    const names = { this: commitName(), other: other.commit };
    await writeRecord(settings.out, { bench: "compare", settings, names, found });
    return comparedText(found, names);
  });
}

async function startSide(cleanup: Cleanup, cli?: string): Promise<Side> {
  const on = await startLoadedCell(cleanup, cli === undefined ? {} : { cli });
  return { on, idle: await idleOf(on, IDLE_SECONDS) };
}

function alternate(
  load: Load,
  sides: Readonly<Record<"this" | "other", Side>>,
  { pairs, seconds }: CompareSettings,
): Promise<Compared> {
  return withLoad(sides.this.on, load, (runThis) =>
    withLoad(sides.other.on, load, async (runOther) => {
      await runThis(WARM_SECONDS);
      await runOther(WARM_SECONDS);
      const takeThis = (): Promise<Sample> => sampleOf(sides.this.on, sides.this.idle, runThis, seconds);
      const takeOther = (): Promise<Sample> => sampleOf(sides.other.on, sides.other.idle, runOther, seconds);
      const taken: Compared["pairs"][number][] = [];
      while (taken.length < pairs) {
        if (taken.length % 2 === 0) taken.push({ this: await takeThis(), other: await takeOther() });
        else {
          const other = await takeOther();
          taken.push({ this: await takeThis(), other });
        }
      }
      return { load: load.name, operation: load.operation, pairs: taken };
    }),
  );
}

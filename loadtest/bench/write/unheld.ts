import type { Counted } from "./counted.js";
import type { FloorTimes } from "./floor.js";
import type { Stage } from "./stage.js";
import { inTurn, type Series, type Times, timesOf } from "./times.js";

/** Writes to a key that nobody holds, beside the floor's append without a scatter. */
export interface Unheld {
  readonly writes: number;
  readonly write: Times;
  readonly floor: FloorTimes;
  readonly counted: Counted;
}

export async function measureUnheld(stage: Stage, series: Series): Promise<Unheld> {
  const { result, counted } = await stage.counting(() => stage.fleet.whileUp(inTurn(series, stage.writeUnheld)));
  return { writes: series.count, write: timesOf(result), floor: await stage.floor.take(series, 0), counted };
}

import type { Counted } from "./counted.js";
import type { FloorTimes } from "./floor.js";
import type { Stage } from "./stage.js";
import { inTurn, type Times, timesOf } from "./times.js";

/** Writes to a key that nobody holds, beside the floor's append without a scatter. */
export interface Unheld {
  readonly writes: number;
  readonly write: Times;
  readonly floor: FloorTimes;
  readonly counted: Counted;
}

export async function measureUnheld(stage: Stage, writes: number): Promise<Unheld> {
  const { result, counted } = await stage.counting(() => stage.fleet.whileUp(inTurn(writes, stage.writeUnheld)));
  return { writes, write: timesOf(result), floor: await stage.floor.take(writes, 0), counted };
}

import { oneAfterAnother, type Pace, paced } from "../pace.js";
import type { Counted } from "./counted.js";
import type { FloorTimes } from "./floor.js";
import type { Stage } from "./stage.js";
import type { Times } from "./times.js";
import { inTurn, type Series, timesOf } from "./times.js";

const WARM: Series = { count: 300, gapMs: 0 };

/** Writes, and as many turns of the floor soon before or after, so that the machine was much the same for both. */
export interface FreshnessPair {
  readonly write: Times & { readonly pace: Pace };
  readonly floor: FloorTimes;
  readonly counted: Counted;
}

/** What is found with so many proxies that hold the key. */
export interface Freshness {
  readonly proxies: number;
  readonly processes: number;
  /** In each pair. */
  readonly writes: number;
  readonly pairs: readonly FreshnessPair[];
}

/** Measures writes to a key that so many proxies hold, beside the floor with as many subscribers. */
export async function measureFreshness(
  stage: Stage,
  size: { readonly proxies: number; readonly pairs: number; readonly writes: number; readonly gap: number },
  say: (progress: string) => void,
): Promise<Freshness> {
  const { floor, fleet } = stage;
  say(`starting ${size.proxies} proxies, and as many subscribers`);
  await fleet.growTo(size.proxies);
  await floor.growTo(size.proxies);
  const write = async (series: Series) => {
    await stage.hold();
    const writes = () => fleet.whileUp(inTurn(series, stage.writeHeld));
    const { result, counted } = await stage.counting(() => paced(stage.serving, writes, oneAfterAnother));
    return { write: { ...timesOf(result.result), pace: result.pace }, counted };
  };
  const scatter = async (series: Series) => ({ floor: await floor.take(series, size.proxies) });
  const series = { count: size.writes, gapMs: size.gap };
  await write(WARM);
  await scatter(WARM);
  const pairs: FreshnessPair[] = [];
  while (pairs.length < size.pairs) {
    say(`${size.proxies} proxies: pair ${pairs.length + 1} of ${size.pairs}`);
    if (pairs.length % 2 === 0) pairs.push({ ...(await write(series)), ...(await scatter(series)) });
    else pairs.push({ ...(await scatter(series)), ...(await write(series)) });
  }
  return { proxies: size.proxies, processes: fleet.pids.length, writes: size.writes, pairs };
}

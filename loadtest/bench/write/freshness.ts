import type { Counted } from "./counted.js";
import type { FloorTimes } from "./floor.js";
import type { Stage } from "./stage.js";
import type { Times } from "./times.js";
import { inTurn, timesOf } from "./times.js";

const WARM_WRITES = 300;

/** Writes, and as many turns of the floor soon before or after, so that the machine was much the same for both. */
export interface FreshnessPair {
  readonly write: Times;
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
  size: { readonly proxies: number; readonly pairs: number; readonly writes: number },
  say: (progress: string) => void,
): Promise<Freshness> {
  const { floor, fleet } = stage;
  say(`starting ${size.proxies} proxies, and as many subscribers`);
  await fleet.growTo(size.proxies);
  await floor.growTo(size.proxies);
  const write = async (writes: number) => {
    await stage.hold();
    const { result, counted } = await stage.counting(() => fleet.whileUp(inTurn(writes, stage.writeHeld)));
    return { write: timesOf(result), counted };
  };
  const scatter = async (turns: number) => ({ floor: await floor.take(turns, size.proxies) });
  await write(WARM_WRITES);
  await scatter(WARM_WRITES);
  const pairs: FreshnessPair[] = [];
  while (pairs.length < size.pairs) {
    say(`${size.proxies} proxies: pair ${pairs.length + 1} of ${size.pairs}`);
    if (pairs.length % 2 === 0) pairs.push({ ...(await write(size.writes)), ...(await scatter(size.writes)) });
    else pairs.push({ ...(await scatter(size.writes)), ...(await write(size.writes)) });
  }
  return { proxies: size.proxies, processes: fleet.processes, writes: size.writes, pairs };
}

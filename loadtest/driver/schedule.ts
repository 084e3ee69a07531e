import { SimRandom } from "../../shared/sim/sim-random.js";
import type { Kind } from "../mixes/kinds.js";
import type { Mix } from "../mixes/mix.js";

/** An operation, and when it is to begin: ms since the schedule did. */
export interface Due {
  readonly atMs: number;
  readonly kind: Kind;
  /** Of this driver, by number. */
  readonly client: number;
}

export interface ScheduleOptions {
  readonly mix: Mix;
  readonly clients: number;
  /** How much faster than real clients everything is done. */
  readonly speed: number;
  readonly seed: string;
  /** Whether fail-overs are among it. They are done by one driver, for all. */
  readonly failOvers: boolean;
}

/**
 * What a driver's clients are to do, without end, in the order of time; determined by the seed, and not by how fast
 * anything is answered. A client sends its KeepAlives on a beat of its own; all else has no memory (a Poisson
 * process), as what many clients do who do not know of each other.
 */
export function* schedule(options: ScheduleOptions): Generator<Due, never> {
  const { mix, clients, speed, seed } = options;
  const random = new SimRandom(seed);
  const { KeepAlive: keepAlive = 0, ...rates } = mix.perClientPerS;
  const streams = [
    keepAlives(clients, 1_000 / (keepAlive * speed), random.fork("beats")),
    others(rates, clients, speed / 1_000, random.fork("others")),
    failOvers(options.failOvers ? mix.failOverEveryS * 1_000 : 0),
  ];
  const next = streams.map(take);
  for (;;) {
    const first = next.reduce((least, due, at) => (due.atMs < (next[least] as Due).atMs ? at : least), 0);
    yield next[first] as Due;
    next[first] = take(streams[first] as Generator<Due>);
  }
}

const NEVER: Due = { atMs: Number.POSITIVE_INFINITY, kind: "KeepAlive", client: 0 };
const take = (stream: Generator<Due>): Due => (stream.next().value as Due | undefined) ?? NEVER;

function* keepAlives(clients: number, everyMs: number, random: SimRandom): Generator<Due> {
  if (!Number.isFinite(everyMs)) return;
  const beats = Array.from({ length: clients }, (_, client) => ({ client, atMs: random.fraction() * everyMs }));
  beats.sort((a, b) => a.atMs - b.atMs);
  for (let turn = 0; ; turn += 1) {
    for (const { client, atMs } of beats) yield { atMs: atMs + turn * everyMs, kind: "KeepAlive", client };
  }
}

function* others(rates: Mix["perClientPerS"], clients: number, perMs: number, random: SimRandom): Generator<Due> {
  const kinds = (Object.entries(rates) as [Kind, number][]).filter(([, rate]) => rate > 0);
  const total = kinds.reduce((sum, [, rate]) => sum + rate, 0);
  if (total === 0) return;
  for (let atMs = 0; ; ) {
    atMs += -Math.log(1 - random.fraction()) / (total * clients * perMs);
    yield { atMs, kind: drawn(kinds, random.fraction() * total), client: random.int(clients) };
  }
}

function drawn(kinds: readonly [Kind, number][], at: number): Kind {
  let below = at;
  const found = kinds.find(([, rate]) => {
    below -= rate;
    return below < 0;
  });
  return (found ?? (kinds.at(-1) as [Kind, number]))[0];
}

function* failOvers(everyMs: number): Generator<Due> {
  if (everyMs === 0) return;
  for (let turn = 1; ; turn += 1) yield { atMs: turn * everyMs, kind: "FailOver", client: 0 };
}

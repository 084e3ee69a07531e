import { LIMITS } from "../../shared/protocol/limits.js";
import { groupBy } from "./group-by.js";

/** The master opened a round. Lives of the master are numbered: rounds and commands are those of one. */
export interface RoundOpened {
  readonly life: number;
  readonly round: number;
  readonly keys: readonly string[];
  readonly proxies: readonly string[];
  readonly openedAtMs: number;
}

/** A command that changes a key came to the journal. */
export interface KeyWritten {
  readonly life: number;
  readonly key: string;
  readonly atMs: number;
}

/** A command came to the journal, and is about a key; it may change others too. */
export interface Journaled extends KeyWritten {
  readonly revision: number;
}

/** The master ran without a break. */
export interface Uptime {
  readonly life: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a round may take beside the lease: a batch that is on its way to the disk, and turns of the event loop. */
const BESIDE_MS = 20;
const BOUND_MS = LIMITS.proxyLeaseMs / LIMITS.driftFactor + BESIDE_MS;

/**
 * P7: a write waits for the proxies that may hold what it changes by one proxy lease at most, counted from
 * the opening of its round, whatever those proxies do. One sentence for each that waited longer while the
 * master ran. (What a write waits in its queue is what those before it waited.)
 */
export function longStalls(
  rounds: readonly RoundOpened[],
  journaled: readonly KeyWritten[],
  uptimes: readonly Uptime[],
): string[] {
  const byLifeAndKey = groupBy(journaled, ({ life, key }) => `${life} ${key}`);
  return rounds.flatMap((round) => {
    const { life, openedAtMs, keys } = round;
    if (!uptimes.some((up) => up.life === life && up.fromMs <= openedAtMs && up.untilMs > openedAtMs + BOUND_MS))
      return [];
    const isDone = ({ atMs }: KeyWritten): boolean => atMs >= openedAtMs && atMs <= openedAtMs + BOUND_MS;
    // A command whose token is revoked meanwhile leaves no trace, and a revocation may be on its way to the disk already.
    const isNear = ({ atMs }: KeyWritten): boolean => atMs >= openedAtMs - BESIDE_MS && atMs <= openedAtMs + BOUND_MS;
    if (journaled.some((one) => one.life === life && one.key.startsWith("token/") && isNear(one))) return [];
    const late = keys.filter((key) => !(byLifeAndKey.get(`${life} ${key}`) ?? []).some(isDone));
    return late.map((key) => told(key, round));
  });
}

const told = (key: string, { round, proxies, openedAtMs }: RoundOpened): string =>
  `The write of ${key} for which round ${round} to ${proxies.join(" and ")} was opened at ${openedAtMs} ms was not ` +
  `decided within ${BOUND_MS.toFixed()} ms.`;

import type { Random } from "../ports/random.js";

/** A gateway that the client may use, and what it knows of it. */
export interface Candidate {
  readonly url: string;
  readonly zone: string | undefined;
  /** Of the last probe that was answered; undefined if it was not probed. */
  roundTripMs: number | undefined;
  /** Whether the last probe found it serving. */
  healthy: boolean | undefined;
  /** How many clients sat at it then; undefined if it did not say. */
  sockets: number | undefined;
  /** On the monotonic clock: until then it asked to be left alone, or failed. */
  avoidUntilMs: number;
}

/** What is no farther than this from the nearest counts as equally near: round trips vary by so much anyway. */
const ALIKE_FACTOR = 1.25;
const ALIKE_MS = 2;
/** What a proxy of another zone is taken to be farther away than it looks: traffic between zones costs money. */
const OTHER_ZONE_MS = 10;

const distanceMs = (candidate: Candidate, zone: string | undefined): number => {
  const isElsewhere = zone !== undefined && candidate.zone !== undefined && candidate.zone !== zone;
  return (candidate.roundTripMs ?? Number.POSITIVE_INFINITY) + (isElsewhere ? OTHER_ZONE_MS : 0);
};

/** Healthy ones first, unknown ones next, those that were found not to serve last. */
const healthRank = ({ healthy }: Candidate): number => (healthy === undefined ? 1 : healthy ? 0 : 2);

/**
 * Which gateway to use: of those that are not to be avoided, the healthy, and of these the nearest; among the equally
 * near any two are drawn, and the one with fewer clients is taken: were it always the one with the fewest, all who start
 * together would go there. If all are to be avoided, the one that has to be
 * avoided for the shortest time.
 */
export function choose(
  candidates: readonly Candidate[],
  { zone, nowMs, random }: { zone: string | undefined; nowMs: number; random: Random },
): Candidate | undefined {
  const free = candidates.filter(({ avoidUntilMs }) => avoidUntilMs <= nowMs);
  if (free.length === 0) return least(candidates, ({ avoidUntilMs }) => avoidUntilMs);
  const bestRank = Math.min(...free.map(healthRank));
  const fittest = free.filter((candidate) => healthRank(candidate) === bestRank);
  const nearestMs = Math.min(...fittest.map((candidate) => distanceMs(candidate, zone)));
  const near = fittest.filter((candidate) => distanceMs(candidate, zone) <= nearestMs * ALIKE_FACTOR + ALIKE_MS);
  const draw = (): Candidate => near[Math.floor(random.fraction() * near.length)] as Candidate;
  const one = draw();
  return one.sockets === undefined ? one : least([one, draw()], ({ sockets = Number.POSITIVE_INFINITY }) => sockets);
}

function least<T>(values: readonly T[], measure: (value: T) => number): T | undefined {
  return values.reduce<T | undefined>((best, value) => {
    return best === undefined || measure(value) < measure(best) ? value : best;
  }, undefined);
}

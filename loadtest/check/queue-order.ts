import type { TrueCommit } from "./true-commits.js";

/**
 * S7: those who wait for a lock get it in the order in which their acquires came to the master, each once at the most.
 * One sentence for each that overtook another.
 */
export function overtakings(commits: readonly TrueCommit[]): string[] {
  const places = new Map<string, { readonly operationId: string; readonly since: number; readonly name: string }>();
  const grants = new Map<string, { readonly fencingToken: number; readonly revision: number }>();
  const twice: string[] = [];
  for (const { revision, queued, grants: given } of commits) {
    // Who asks again has the place that it took first.
    if (queued !== undefined && !places.has(queued.operationId)) {
      places.set(queued.operationId, { ...queued, since: revision });
    }
    for (const { operationId, answer, name } of given) {
      if (grants.has(operationId)) twice.push(`The acquire ${operationId} of ${name} was granted twice.`);
      grants.set(operationId, { fencingToken: answer.fencingToken, revision });
    }
  }
  const waited = [...places.values()].flatMap((place) => {
    const grant = grants.get(place.operationId);
    return grant === undefined ? [] : [{ ...place, ...grant }];
  });
  const overtaken = waited.flatMap((one) =>
    waited
      .filter((other) => other.name === one.name && other.since > one.since && other.revision < one.revision)
      .map(
        (other) =>
          `${other.operationId} got ${one.name} at revision ${other.revision} before ${one.operationId}, ` +
          `which waited since revision ${one.since}, and the other since ${other.since}.`,
      ),
  );
  return [...twice, ...overtaken];
}

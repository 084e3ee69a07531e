import { type Grant, grantsOf } from "./grants.js";
import type { LockOperation } from "./lock-operation.js";

/**
 * P2: a later grant has a larger token than every earlier one, whatever lock they are of. One sentence for
 * each grant that broke it; none if it was kept. The history may span restarts, and any number of locks.
 */
export function brokenFencing(history: readonly LockOperation[]): string[] {
  const grants = grantsOf(history);
  return [...tokensGivenTwice(grants), ...tokensGoingBack(grants)];
}

function tokensGivenTwice(grants: readonly Grant[]): string[] {
  const byToken = new Map<number, Grant>();
  const byLease = new Map<string, Grant>();
  return grants.flatMap((grant) => {
    const twin = byToken.get(grant.fencingToken) ?? byLease.get(grant.leaseId);
    byToken.set(grant.fencingToken, grant);
    byLease.set(grant.leaseId, grant);
    return twin ? [`${told(grant)} and ${told(twin)} share a token or a lease.`] : [];
  });
}

/** Goes through calls and returns in the order of time, with the largest token that was returned so far. */
function tokensGoingBack(grants: readonly Grant[]): string[] {
  const calls = grants.toSorted((a, b) => a.invokedAtMs - b.invokedAtMs);
  const returns = grants.toSorted((a, b) => a.returnedAtMs - b.returnedAtMs);
  const broken: string[] = [];
  let newest: Grant | undefined;
  let at = 0;
  for (const grant of calls) {
    for (let done = returns[at]; done && done.returnedAtMs < grant.invokedAtMs; done = returns[++at]) {
      if (newest === undefined || done.fencingToken > newest.fencingToken) newest = done;
    }
    if (newest !== undefined && newest.fencingToken > grant.fencingToken) {
      broken.push(`${told(grant)} came after ${told(newest)}, which had been answered before it was asked for.`);
    }
  }
  return broken;
}

const told = ({ key, holderId, fencingToken }: Grant): string =>
  `The grant of ${key} to ${holderId} with token ${fencingToken}`;

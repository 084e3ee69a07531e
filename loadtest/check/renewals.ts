import { groupBy } from "./group-by.js";
import type { Renewal } from "./session-evidence.js";

/**
 * P8: what a proxy costs the master while nothing changes does not grow with its clients. One sentence for each proxy
 * whose plain renewals (nothing to acknowledge, nothing ended, nothing asked for) differ by more than the digits of
 * the numbers in them.
 */
export function growingRenewals(renewals: readonly Renewal[], spreadBytes = 40): string[] {
  const byProxy = groupBy(
    renewals.filter(({ isPlain }) => isPlain),
    ({ proxy }) => proxy,
  );
  return [...byProxy].flatMap(([proxy, own]) => {
    const [least, most] = own.reduce(
      ([small, large], one) => [one.bytes < small.bytes ? one : small, one.bytes > large.bytes ? one : large],
      [own[0] as Renewal, own[0] as Renewal],
    );
    if (most.bytes - least.bytes <= spreadBytes) return [];
    return [
      `A renewal of ${proxy} took ${most.bytes} bytes with ${most.sessions} anchored sessions, and ${least.bytes} with ${least.sessions}.`,
    ];
  });
}

/** How long some operations took, in milliseconds. */
export interface Times {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Exact percentiles by nearest rank: each is the time of one of the operations. */
export function timesOf(milliseconds: readonly number[]): Times {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Does something so many times, one after the other. */
export async function inTurn<T>(count: number, once: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < count) results.push(await once());
  return results;
}

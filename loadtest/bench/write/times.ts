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

/** How often something is done, one after the other, and how long it is quiet before each time. */
export interface Series {
  readonly count: number;
  readonly gapMs: number;
}

export async function inTurn<T>({ count, gapMs }: Series, once: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < count) {
    await new Promise((resolve) => setTimeout(resolve, gapMs));
    results.push(await once());
  }
  return results;
}

/** 32 buckets for each doubling: a percentile is at most 3 % too high. */
const BUCKETS_PER_DOUBLING = 32;
const FLOOR_MS = 0.001;

/** Latencies of one kind of operation: counts in buckets whose width grows with the latency, so that halves of a run can be added. */
export class Histogram {
  readonly #counts: number[] = [];

  record(latencyMs: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log2(latencyMs / FLOOR_MS) * BUCKETS_PER_DOUBLING));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  add(counts: readonly (number | null | undefined)[]): void {
    counts.forEach((count, bucket) => {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (count ?? 0);
    });
  }

  /** The latency, in milliseconds, that a share of the operations did not exceed. Undefined of nothing. */
  percentileMs(share: number): number | undefined {
    const total = this.#counts.reduce((sum, count) => sum + (count ?? 0), 0);
    if (total === 0) return undefined;
    let left = Math.ceil(share * total);
    const bucket = this.#counts.findIndex((count) => {
      left -= count ?? 0;
      return left <= 0;
    });
    return FLOOR_MS * 2 ** (bucket / BUCKETS_PER_DOUBLING);
  }

  /** For the way to another process, and for `add`. Buckets that nothing fell into may be missing. */
  counts(): readonly number[] {
    return this.#counts;
  }
}

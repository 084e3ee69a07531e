import { describe, expect, it } from "vitest";
import { Histogram } from "./histogram.js";

describe("Histogram", () => {
  it("finds percentiles at most 3 % too high", () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 1_000; ms += 1) histogram.record(ms);
    for (const [share, exact] of [
      [0.5, 500],
      [0.99, 990],
      [1, 1_000],
    ] as const) {
      const found = histogram.percentileMs(share) as number;
      expect(found).toBeGreaterThanOrEqual(exact * 0.9999);
      expect(found).toBeLessThanOrEqual(exact * 1.03);
    }
  });

  it("adds another that came through JSON", () => {
    const [one, both] = [new Histogram(), new Histogram()];
    one.record(5);
    both.record(500);
    both.add(JSON.parse(JSON.stringify(one.counts())) as number[]);
    expect(both.percentileMs(0.5)).toBeCloseTo(5, 0);
    expect(both.percentileMs(1)).toBeGreaterThan(499);
  });

  it("knows nothing of nothing", () => {
    expect(new Histogram().percentileMs(0.5)).toBeUndefined();
  });
});

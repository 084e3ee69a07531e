import { describe, expect, it } from "vitest";
import { judgedOf, type WriteFindings } from "./findings.js";
import type { Freshness } from "./freshness.js";
import { timesOf } from "./times.js";
import { writePasses, writeVerdictOf } from "./verdict.js";
import { writeVerdictText } from "./verdict-text.js";

const settings = { proxies: [1, 10], processes: 10, pairs: 3, writes: 100, gap: 0, pauses: 1, bar: 2, out: "" };

const times = (p50Ms: number) => ({ p50Ms, p99Ms: 10 * p50Ms });
const paceOf = (p50Ms: number) => ({ perS: 1_000 / p50Ms, cpuMicroseconds: 100 * p50Ms });
const floor = (p50Ms: number) => ({ ...times(p50Ms), inside: times(p50Ms / 2), pace: paceOf(p50Ms) });
const pair = (writeMs: number, floorMs: number, proxies: number, acks = 100 * proxies) => ({
  write: { ...times(writeMs), pace: paceOf(writeMs) },
  floor: floor(floorMs),
  counted: { rounds: 100, acks },
});
const freshness = (proxies: number, pairs: Freshness["pairs"]): Freshness => ({
  ...{ proxies, processes: proxies, writes: 100, pairs },
});

const good: WriteFindings = {
  freshness: [freshness(1, [pair(3, 1, 1)]), freshness(10, [pair(3, 2, 10), pair(9, 2, 10), pair(8, 4, 10)])],
  unheld: { writes: 100, write: times(1), floor: floor(0.5), counted: { rounds: 0, acks: 0 } },
  pauses: [{ firstMs: 2_500, nextMs: 20, counted: { rounds: 2, acks: 18 } }],
};
const paused = (change: Partial<WriteFindings["pauses"][number]>): WriteFindings => ({
  ...good,
  pauses: good.pauses.map((pause) => ({ ...pause, ...change })),
});

describe("a verdict on writes", () => {
  it("is about the median of the pairs' ratios, where each proxy has a process", () => {
    const verdict = writeVerdictOf(good, settings);
    expect(verdict.judged).toMatchObject({
      proxies: 10,
      acksPerWrite: 10,
      p50Ratio: 2,
      insideRatio: 4,
      write: { p50Ms: 8 },
    });
    expect(writePasses(verdict)).toBe(true);
    expect(writeVerdictText(verdict, 2)).toContain("is reached");
  });

  it("is missed above the bar", () => {
    const verdict = writeVerdictOf(good, { ...settings, bar: 1.9 });
    expect(writePasses(verdict)).toBe(false);
    expect(writeVerdictText(verdict, 1.9)).toContain("is MISSED");
  });

  it.each([
    [
      "a write that nobody had to hear of cost a round",
      { unheld: { ...good.unheld, counted: { rounds: 1, acks: 0 } } },
    ],
    ["a pause stalled a write beyond the lease", paused({ firstMs: 3_501 })],
    ["a pause held up the next write", paused({ nextMs: 401 })],
  ])("is missed if %s", (_, change) => {
    const verdict = writeVerdictOf({ ...good, ...change }, settings);
    expect(verdict).toMatchObject({ flaws: [], misses: [expect.any(String)] });
    expect(writePasses(verdict)).toBe(false);
    expect(writeVerdictText(verdict, 2)).toContain("Something else was MISSED");
  });

  it.each([
    ["a write got by without an ack", { freshness: [freshness(10, [pair(3, 2, 10, 999)])] }],
    ["the paused proxy did not hold the key", paused({ firstMs: 20 })],
    ["another proxy did not hold it", paused({ counted: { rounds: 2, acks: 17 } })],
  ])("is void if %s", (_, change) => {
    const verdict = writeVerdictOf({ ...good, ...change }, settings);
    expect(verdict).toMatchObject({ flaws: [expect.any(String)], misses: [] });
    expect(writePasses(verdict)).toBe(false);
    expect(writeVerdictText(verdict, 2)).toContain("The run is void");
  });

  it.each([
    [[1, 10, 50], 10],
    [[1, 2], 2],
    [[50], undefined],
  ])("on %j proxies in 10 processes is about %s", (proxies, judged) => {
    expect(judgedOf({ proxies, processes: 10 })).toBe(judged);
  });
});

describe("times", () => {
  it("are of operations that there were", () => {
    expect(timesOf([5, 1, 4, 2, 3])).toEqual({ p50Ms: 3, p99Ms: 5 });
    expect(timesOf(Array.from({ length: 200 }, (_, at) => at + 1))).toEqual({ p50Ms: 100, p99Ms: 198 });
  });
});

import { describe, expect, it } from "vitest";
import type { LockOperation } from "./lock-operation.js";
import { coveredMs, longestGap, ROUND_MS, writeTimes } from "./slow-writes.js";

const write = (invokedAtMs: number, tookMs: number | undefined): LockOperation => ({
  process: "p",
  key: "lock/k",
  call: { kind: "setMetadata", name: "k", leaseId: "l", metadata: "m", holderId: "h" },
  result: tookMs === undefined ? undefined : { status: "metadataSet" },
  invokedAtMs,
  returnedAtMs: invokedAtMs + (tookMs ?? Number.POSITIVE_INFINITY),
});

describe("the bound on a conflicting write, as its client sees it", () => {
  it("is kept by writes that take a lease, and not by those that take longer", () => {
    expect(writeTimes([write(0, 10), write(100, ROUND_MS)], [], 0)).toMatchObject({ measured: 2, broken: [] });
    const { longestMs, broken } = writeTimes([write(0, 10), write(100, 4_500)], [], 0);
    expect(longestMs).toBe(4_500);
    expect(broken).toEqual([
      "p waited 4500 ms for the answer to a write of lock/k, from 100 ms on, though the master ran.",
    ]);
  });

  it("does not hold while the master is away, nor for what was never answered", () => {
    const away = [{ fromMs: 3_000, untilMs: 3_500 }];
    const times = writeTimes(
      [write(0, 6_000), write(3_400, 5_000), write(4_000, 10), write(4_500, undefined)],
      away,
      0,
    );
    expect(times).toEqual({ measured: 1, excused: 3, longestMs: 10, broken: [] });
    expect(writeTimes([write(3_600, 5_000)], away, 0).broken).toHaveLength(1);
    expect(writeTimes([write(3_600, 5_000)], away, 1_000).broken).toEqual([]);
  });
});

describe("times", () => {
  it("without something are found, also at both ends", () => {
    const all = { fromMs: 0, untilMs: 100 };
    expect(longestGap([10, 50, 60, -5, 200], all)).toEqual({ fromMs: 10, untilMs: 50 });
    expect(longestGap([90], all)).toEqual({ fromMs: 0, untilMs: 90 });
    expect(longestGap([10], all)).toEqual({ fromMs: 10, untilMs: 100 });
    expect(longestGap([], all)).toEqual(all);
  });

  it("that overlap cover each instant once", () => {
    const stretch = (fromMs: number, untilMs: number) => ({ fromMs, untilMs });
    expect(coveredMs(stretch(10, 50), [])).toBe(0);
    const others = [stretch(40, 90), stretch(0, 15), stretch(12, 20), stretch(13, 14)];
    expect(coveredMs(stretch(10, 50), others)).toBe(20);
    expect(coveredMs(stretch(10, 50), [stretch(0, Number.POSITIVE_INFINITY)])).toBe(40);
  });
});

import { describe, expect, it } from "vitest";
import { type Bar, barsText, isMet } from "./bars.js";

describe("a bar", () => {
  it.each<[Omit<Bar, "what">, boolean]>([
    [{ measured: 0.85, atLeast: 0.85 }, true],
    [{ measured: 0.84, atLeast: 0.85 }, false],
    [{ measured: 2, atMost: 2 }, true],
    [{ measured: 2.1, atMost: 2 }, false],
    [{ measured: 1, atLeast: 0.9, atMost: 1.1 }, true],
    [{ measured: Number.NaN, atLeast: 0 }, false],
    [{ measured: Number.POSITIVE_INFINITY, atMost: 7 }, false],
  ])("%j is met: %s", (bar, met) => {
    expect(isMet({ what: "it", ...bar })).toBe(met);
    expect(barsText([{ what: "it", ...bar }])).toContain(met ? "reached" : "MISSED");
  });
});

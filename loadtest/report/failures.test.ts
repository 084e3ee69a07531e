import { describe, expect, it } from "vitest";
import { grew } from "./failures.js";

describe("lag", () => {
  it.each([
    ["is small throughout", [1, 2, 1, 3, 2, 1], false],
    ["has a peak in the middle", [1, 1, 900, 900, 1, 1], false],
    ["is large, but does not grow", [400, 400, 400, 400, 400, 400], false],
    ["rises", [10, 200, 400, 600, 800, 1_000], true],
    ["is above a second in a run of one", [1_500], true],
    ["is below one there", [500], false],
  ])("that %s", (_, lags, grows) => expect(grew(lags)).toBe(grows));
});

import { describe, expect, it } from "vitest";
import { median } from "./median.js";

describe("the median", () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])("of %j is known", (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});

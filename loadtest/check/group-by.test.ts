import { expect, it } from "vitest";
import { groupBy } from "./group-by.js";

it("keeps groups and their members in order", () => {
  const groups = groupBy([3, 1, 4, 1, 5, 9], (n) => (n % 2 === 0 ? "even" : "odd"));
  expect([...groups]).toEqual([
    ["odd", [3, 1, 1, 5, 9]],
    ["even", [4]],
  ]);
});

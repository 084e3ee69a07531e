import { expect, it } from "vitest";
import { sparkline } from "./sparkline.js";

it.each([
  [[0, 1, 4, 8], " ▁▄█"],
  [[0.001, 1_000], "▁█"],
  [[0, 0], "  "],
  [[], ""],
])("the curve of %j is drawn", (values, line) => {
  expect(sparkline(values)).toBe(line);
});

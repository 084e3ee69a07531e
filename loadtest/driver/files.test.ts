import { expect, it } from "vitest";
import type { Mix } from "../mixes/mix.js";
import { MIXES } from "../mixes/mixes.js";
import { CHARS_MAX, Names } from "../mixes/names.js";
import { failedOver, failedOverAt } from "./files.js";

const { files } = MIXES.discovery as Mix;

it.each([
  ["short", files],
  ["as large as it may be", { ...files, namingShare: 0, over1KiBShare: 1 }],
])("a file that is %s says when its primary failed over, and still fits", (_, of) => {
  const contents = new Names(of, 10).contents(3, 7);
  const brought = failedOver(contents, 12_345.678);
  expect(brought.length).toBeLessThanOrEqual(CHARS_MAX);
  expect(brought.slice(0, 15)).toBe(contents.slice(0, 15));
  expect(failedOverAt(brought)).toBe(12_345.678);
  expect(failedOverAt(contents)).toBeUndefined();
});

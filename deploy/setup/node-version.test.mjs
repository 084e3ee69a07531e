import { expect, it } from "vitest";
import { isAtLeast } from "./node-version.mjs";

it.each([
  ["20.19.0", "20.19", true],
  ["20.20.2", "20.19", true],
  ["22.0.0", "20.19", true],
  ["20.9.0", "20.19", false],
  ["18.20.8", "20.19", false],
])("%s is at least %s: %s", (have, needed, answer) => {
  expect(isAtLeast(have, needed)).toBe(answer);
});

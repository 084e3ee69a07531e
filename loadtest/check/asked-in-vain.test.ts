import { expect, it } from "vitest";
import { vainQuestions } from "./asked-in-vain.js";

const asked = (count: number, everyMs: number, proxy = "p1") =>
  Array.from({ length: count }, (_, i) => ({ proxy, atMs: 1_000 + i * everyMs }));

it("P12: a few questions at once, and more over a longer time, are no load", () => {
  expect(vainQuestions([...asked(12, 1), ...asked(12, 1, "p2")])).toEqual([]);
  expect(vainQuestions(asked(100, 100))).toEqual([]);
});

it("P12: a question for each of many watches is found, once for each proxy", () => {
  const found = "p1 asked more than 12 times in a second for what is gone, from 1000 ms on.";
  expect(vainQuestions([...asked(40, 20), ...asked(12, 1, "p2")])).toEqual([found]);
});

import { expect, it } from "vitest";
import { brokenBudgets } from "./fill-budget.js";

const sent = (atMs: number, keys: number, life = 1) => ({ proxy: "p1", life, keys, atMs });
const perS = () => 10;

it("P12: a second's worth at once, and then as much as a second brings, is within the budget", () => {
  expect(brokenBudgets([sent(0, 10), sent(500, 5), sent(1_000, 5), sent(9_000, 10)], perS)).toEqual([]);
  expect(brokenBudgets([sent(0, 10), sent(1, 10, 2)], perS)).toEqual([]);
});

it("P12: more than that is found, once for each life of a proxy", () => {
  const excess = "p1 asked for more entries than its budget of 10 a second, at 400 ms.";
  expect(brokenBudgets([sent(0, 10), sent(400, 5), sent(401, 5)], perS)).toEqual([excess]);
  expect(brokenBudgets([sent(0, 11)], perS)).toHaveLength(1);
});

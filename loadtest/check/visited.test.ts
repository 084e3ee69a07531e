import { expect, it } from "vitest";
import { Visited } from "./visited.js";

/** Operations 0 and 2 are known, 1 and 3 are not. */
const make = (): Visited => new Visited([true, false, true, false]);

function goTo(visited: Visited, placed: readonly number[], state = "s"): boolean {
  for (const at of placed) visited.flip(at);
  const isNew = visited.isNew(state);
  for (const at of placed) visited.flip(at);
  return isNew;
}

it("knows a place by the known operations and the state", () => {
  const visited = make();
  expect([goTo(visited, []), goTo(visited, [0]), goTo(visited, [2]), goTo(visited, [0, 2])]).not.toContain(false);
  expect(goTo(visited, [2, 0])).toBe(false);
  expect(goTo(visited, [2, 0], "t")).toBe(true);
});

it("takes a place for known where as much or less was spent on the way to it before", () => {
  const visited = make();
  expect(goTo(visited, [0, 1])).toBe(true);
  expect(goTo(visited, [0, 1, 3])).toBe(false);
  expect(goTo(visited, [0, 3])).toBe(true);
  expect(goTo(visited, [0])).toBe(true);
  expect(goTo(visited, [0, 3])).toBe(false);
});

import { expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { OperationTable } from "./ground.js";
import type { Operation } from "./state.js";

const operation = (atMs: number, principal = "a"): Operation => ({
  ...{ principal, request: "", atMs },
  answer: { status: "released" },
});
const over = (atMs: number): number => atMs + LIMITS.operationKeptMs;

it("forgets what is over, in the order in which it was decided, and goes on from there", () => {
  const table = new OperationTable();
  for (let at = 0; at < 10; at++) table.set(`op${at}`, operation(at, at % 2 === 0 ? "even" : "odd"));
  table.forgetBefore(over(3));
  expect([...table.keys()]).toEqual(["op4", "op5", "op6", "op7", "op8", "op9"]);
  expect([table.countOf("even"), table.countOf("odd")]).toEqual([3, 3]);
  table.forgetBefore(over(3));
  table.set("op10", operation(10));
  table.forgetBefore(over(8));
  expect([...table.keys()]).toEqual(["op9", "op10"]);
});

it("keeps what was decided anew, or was taken out, while it stood next in line", () => {
  const table = new OperationTable();
  for (let at = 0; at < 4; at++) table.set(`op${at}`, operation(at));
  table.forgetBefore(over(0));
  table.set("op1", operation(100));
  table.delete("op2");
  table.forgetBefore(over(2));
  expect([...table.keys()]).toEqual(["op3", "op1"]);
  table.forgetBefore(over(99));
  expect([...table.keys()]).toEqual(["op1"]);
  table.forgetBefore(over(100));
  expect(table.size).toBe(0);
  table.set("op5", operation(200));
  table.forgetBefore(over(200));
  expect(table.size).toBe(0);
});

import { expect, it } from "vitest";
import { type Answered, changedAnswers } from "./exactly-once.js";

const told = (operationId: string, atMs: number, answer: Answered["answer"]): Answered => ({
  operationId,
  by: "client",
  atMs,
  answer,
});
const REFUSED = { status: "refused", code: "lease_not_current", details: "no" } as const;

it("P5: the same id is told the same, also a refusal, and other ids are others", () => {
  const answers = [told("a", 1, { status: "released" }), told("b", 2, REFUSED)];
  expect(changedAnswers([...answers, told("a", 3, { status: "released" }), told("b", 4, { ...REFUSED })])).toEqual([]);
});

it("P5: another answer to the same id is found, in whatever order they are listed", () => {
  expect(changedAnswers([told("a", 9, REFUSED), told("a", 1, { status: "released" })])).toEqual([
    'client was told {"status":"released"} of a at 1 ms, and when it sent that again ' +
      '{"status":"refused","code":"lease_not_current","details":"no"} at 9 ms.',
  ]);
});

import { describe, expect, it } from "vitest";
import { countsIn, promiseBroken } from "./checker.mjs";

describe("what the checker says", () => {
  const whole = "State-vector 100 byte, depth reached 639, errors: 0\n  7451818 states, stored\n";

  it("is counted", () => {
    expect(countsIn(whole)).toEqual({ states: 7_451_818, errors: 0 });
    expect(countsIn("errors: 1\n 1.5e+08 states, stored\n")).toEqual({ states: 150_000_000, errors: 1 });
  });

  it.each([
    ["nothing", ""],
    ["that memory ran out", `pan: reached -DMEMLIM bound\n${whole}`],
    ["that it went no deeper", `error: max search depth too small\n${whole}`],
    ["that it was stopped", `Warning: Search not completed\n${whole}`],
  ])("is no proof where it is %s", (_what, output) => {
    expect(() => countsIn(output)).toThrow("the checker did not get through");
  });

  it("names the promise that a history breaks, and none where it breaks none", () => {
    expect(promiseBroken(["proxy 0 registers", "** P3_fresh_reads is broken"])).toBe("P3");
    expect(promiseBroken(["proxy 0 registers"])).toBeUndefined();
    expect(promiseBroken([])).toBeUndefined();
  });
});

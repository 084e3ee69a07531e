import { describe, expect, it } from "vitest";
import { countCheck, countTests, sum } from "./tally.mjs";

const file = (...statuses) => ({
  status: statuses.includes("failed") ? "failed" : "passed",
  assertionResults: statuses.map((status) => ({ status })),
});
const report = (passed, failed, testResults) => ({ numPassedTests: passed, numFailedTests: failed, testResults });

describe("the count", () => {
  it("is vitest's own", () => {
    expect(countTests(0, report(2, 0, [file("passed", "passed")]))).toEqual({ passed: 2, failed: 0 });
    expect(countTests(1, report(1, 1, [file("passed", "failed")]))).toEqual({ passed: 1, failed: 1 });
  });

  it("has a failure for a file that could not be loaded", () => {
    const unloadable = { status: "failed", assertionResults: [] };
    expect(countTests(1, report(1, 1, [file("passed", "failed"), unloadable]))).toEqual({ passed: 1, failed: 2 });
  });

  it("has a failure for a run without a report, and for one that ended badly with every test passed", () => {
    expect(countTests(0, undefined)).toEqual({ passed: 0, failed: 1 });
    expect(countTests(1, report(2, 0, [file("passed", "passed")]))).toEqual({ passed: 2, failed: 1 });
  });

  it("has one for each guard", () => {
    expect(countCheck(1, { passed: 5, failed: 1 })).toEqual({ passed: 5, failed: 1 });
    expect(countCheck(1, undefined)).toEqual({ passed: 0, failed: 1 });
  });

  it("is summed", () => {
    expect(
      sum([
        { passed: 2, failed: 0 },
        { passed: 3, failed: 1 },
      ]),
    ).toEqual({ passed: 5, failed: 1 });
  });
});

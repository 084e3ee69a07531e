/**
 * What one run of vitest adds to the count, from its exit code and its JSON report. A file that could not
 * be loaded has no failed test in it and is a failure all the same; so is a run without a report, and one
 * that ended badly for a reason that no test shows (an error that nobody caught).
 */
export function countTests(code, report) {
  if (report === undefined) return { passed: 0, failed: 1 };
  const unloadable = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const failed = report.numFailedTests + unloadable.length;
  return { passed: report.numPassedTests, failed: blame(code, failed) };
}

/** What the guards add: one for each. */
export function countCheck(code, report) {
  if (report === undefined) return { passed: 0, failed: 1 };
  return { passed: report.passed, failed: blame(code, report.failed) };
}

export const sum = (counts) => ({
  passed: counts.reduce((total, count) => total + count.passed, 0),
  failed: counts.reduce((total, count) => total + count.failed, 0),
});

const blame = (code, failed) => (code !== 0 && failed === 0 ? 1 : failed);

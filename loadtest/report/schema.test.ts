import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { reportFor } from "../page/page.fixture.js";
import { ReportFile } from "./schema.js";

const PUBLISHED = new URL("../../docs/loadtest-report.schema.json", import.meta.url);

describe("report.json", () => {
  it("is as its schema says, for a run and for a sweep", () => {
    const report = JSON.parse(JSON.stringify(reportFor(500))) as ReturnType<typeof reportFor>;
    expect([...Value.Errors(ReportFile, report)]).toEqual([]);
    expect(Value.Check(ReportFile, { format: 1, sweep: [report, report], pass: false })).toBe(true);
    expect(Value.Check(ReportFile, { ...report, direct: { ...report.direct, errors: "none" } })).toBe(false);
  });

  it("has a published schema that is the one it is made by", async () => {
    const { $schema: _, ...published } = JSON.parse(await readFile(PUBLISHED, "utf8"));
    expect(published).toEqual(JSON.parse(JSON.stringify(ReportFile)));
  });

  it("can be checked with the published schema by anybody's validator", async () => {
    const isReport = new Ajv({ allErrors: true }).compile(JSON.parse(await readFile(PUBLISHED, "utf8")));
    const report = JSON.parse(JSON.stringify(reportFor(500))) as object;
    expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
    expect(isReport({ ...report, seed: "none" })).toBe(false);
  });
});

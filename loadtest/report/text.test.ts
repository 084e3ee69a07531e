import { describe, expect, it } from "vitest";
import { RUN, reportFor } from "../page/page.fixture.js";
import { facts } from "../page/tables.js";
import { failuresOf } from "./failures.js";
import { factor, textOf } from "./text.js";

const report = reportFor(2_000);

describe("a run in words", () => {
  it("has one rate for one thing: by the time that it took, and not by what was asked for", () => {
    expect(textOf(report)).toMatch(/gateway keepalive +│ +1,000 │ +100 │/);
    expect(textOf(report)).toMatch(/KeepAlive +│ +100 │/);
  });

  it.each([
    ["what was measured", 12.34, 100, 8, "12.3"],
    ["all that there was", null, 100, 0, "∞"],
    ["nothing of nothing", null, 0, 0, "–"],
    ["more where there was nothing", null, 0, 3, "–"],
    ["what nobody can tell", null, null, null, "–"],
    ["less of what was not done at all", null, 3, 5, "–"],
  ])("says by what factor it was less: %s", (_, value, before, after, text) => {
    expect(factor(value, before, after)).toBe(text);
  });

  it("tells no CPU time of a cell that is one process, and says why", () => {
    const atCell = structuredClone(report);
    atCell.target = { master: "http://a", gateways: ["http://b"] };
    expect(textOf(atCell) + facts(atCell)).not.toContain("in the master's process");
    atCell.direct.masterCpuS = null;
    expect(textOf(atCell)).toMatch(/CPU time of the master +not told: the proxies run in the master's process/);
    expect(facts(atCell)).toContain("not told: the proxies run in the master's process");
  });

  it("does not pass where freshness was not decided, and says so", () => {
    const undecided = structuredClone(report);
    undecided.proxied.promises.undecided = true;
    expect(textOf(undecided)).toContain("none broken, freshness undecided");
    expect(facts(undecided)).toContain("none broken, freshness undecided");
    expect(textOf(report) + facts(report)).not.toContain("undecided");
    const promises = { ...RUN.proxied.promises, undecided: true };
    const failures = failuresOf({ ...RUN, proxied: { ...RUN.proxied, promises } });
    expect(failures).toContainEqual(expect.stringMatching(/^proxied: freshness was not decided/));
  });
});

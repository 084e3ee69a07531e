import { describe, expect, it } from "vitest";
import { reportFor } from "./page.fixture.js";
import { pageOf } from "./page.js";
import { linear, linearTo, logarithmic, logarithmicBetween } from "./scale.js";

describe("the page of a run", () => {
  const page = pageOf([reportFor(2_000)]);

  it("needs nothing but itself", () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:|src=/);
  });

  it("is well formed: each element that is opened is closed, in order", () => {
    const open: string[] = [];
    for (const [, end, name] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (["meta", "br"].includes(name as string)) continue;
      if (end === "") open.push(name as string);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it("shows no number that is none", () => {
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it("says what the master was spared, and why the run did not pass", () => {
    expect(page).toContain("<b>105<small>×</small></b><span>fewer requests</span>");
    expect(page).toContain("<b>18<small>×</small></b><span>less CPU above idle</span>");
    expect(page).toContain("<b>∞</b><span>fewer reads</span>");
    expect(page).toContain("did not pass");
    expect(page).toContain("Counts do not agree");
  });

  it("has one rate for one thing: by the time that it took, and not by what was asked for", () => {
    expect(page).toContain("105/s → 1/s");
    expect(page).toContain("<td>gateway keepalive</td><td>1,000</td><td>100</td>");
    expect(page).toContain("<td>KeepAlive</td><td>100</td>");
  });

  it("compares nothing where there is nothing", () => {
    const { direct, ...report } = reportFor(10);
    const quiet = { ...direct, masterCpuS: 0.1, masterRequestsPerS: 0 };
    const reduction = { ...report.reduction, requests: null, masterCpu: null };
    const empty = pageOf([{ ...report, direct: quiet, reduction }]);
    expect(empty).toContain("<b>–</b><span>fewer requests</span>");
    expect(empty).toContain("<b>–</b><span>less CPU above idle</span><em>nothing to compare: 0 s → 0.1 s</em>");
  });

  it("draws no latencies of a kind of which there were too few, and none at all where nothing was done", () => {
    const report = reportFor(10);
    expect(pageOf([report])).toContain("Open, ms");
    const few = structuredClone(report);
    for (const side of [few.direct, few.proxied]) side.clientOps.Open = 1;
    expect(pageOf([few])).not.toMatch(/Open, ms|Too short to draw/);
    expect(pageOf([few])).toContain("KeepAlive, ms");
    for (const side of [few.direct, few.proxied]) Object.assign(side, { clientOps: {}, latencyMs: {} });
    expect(pageOf([few])).not.toContain("How long an answer took");
    expect(pageOf([few])).toContain('<p class="quiet">Nothing.</p>');
  });

  it("says which size of a sweep failed", () => {
    expect(pageOf([reportFor(500), reportFor(2_000)])).toContain("<li>500 clients: Counts do not agree");
    expect(page).toContain("<li>Counts do not agree");
  });

  it("shows text of others as text", () => {
    const report = { ...reportFor(10), about: '<b onclick="x">&' };
    expect(pageOf([report])).toContain("&lt;b onclick=&quot;x&quot;&gt;&amp;");
  });

  it("draws the curve of a sweep", () => {
    const swept = pageOf([reportFor(500), reportFor(2_000)]);
    expect(swept).toContain("The curve");
    expect(swept).toContain("<td>500</td><td>105 → 1</td><td>105 ×</td>");
    expect(page).not.toContain("The curve");
  });
});

describe("scales", () => {
  it.each([
    [538, [0, 200, 400, 600]],
    [1, [0, 0.25, 0.5, 0.75, 1]],
    [0, [0, 0.25, 0.5, 0.75, 1]],
  ])("go from 0 past %d in round steps", (max, ticks) => {
    const scale = linear(max, 0, 100);
    expect(scale.ticks).toEqual(ticks);
    expect(scale.at(ticks.at(-1) as number)).toBe(100);
  });

  it("end where the values do, if they are to", () => {
    const scale = linearTo(23, 0, 100);
    expect(scale.ticks).toEqual([0, 10, 20]);
    expect(scale.at(23)).toBe(100);
    const powers = logarithmicBetween(500, 8_000, 0, 100);
    expect([500, 2_000, 8_000].map(powers.at)).toEqual([0, 50, 100]);
    expect(logarithmicBetween(5, 5, 0, 100).at(5)).toBe(50);
  });

  it("go by powers of ten where they are logarithmic", () => {
    const scale = logarithmic(0.3, 20, 0, 100);
    expect(scale.ticks).toEqual([0.1, 1, 10, 100]);
    expect(scale.at(1)).toBeCloseTo(100 / 3);
  });
});

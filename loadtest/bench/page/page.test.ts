import { describe, expect, it } from "vitest";
import { type BenchPage, benchPageOf } from "./page.js";

const good: BenchPage = {
  title: "Reads <beside> others",
  commit: "abc",
  machine: { node: "v20", platform: "linux x64", processor: "cpu", cores: 2, memoryGiB: 4 },
  bars: [{ what: "a read & another", measured: 0.9, atLeast: 0.85 }],
  charts: [
    {
      ...{ title: "CPU of a read", note: "less is better", unit: "µs" },
      rows: [
        { name: "proxy", of: "ours", value: 14 },
        { name: "nginx", of: "peer", value: 7 },
        { name: "floor", of: "floor", value: 0 },
      ],
    },
  ],
  flaws: [],
};

describe("the page of benches", () => {
  const page = benchPageOf(good);

  it("needs nothing but itself, and shows text as text", () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:|src=/);
    expect(page).toContain("Reads &lt;beside&gt; others");
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it("draws what is twice as much twice as long", () => {
    const widths = [...page.matchAll(/class="bar (\w+)" x="0" y="\d+" width="([\d.]+)"/g)].map((found) =>
      found.slice(1),
    );
    expect(widths.slice(0, 3)).toEqual([
      ["proxied", "450"],
      ["direct", "225"],
      ["idle", "2"],
    ]);
  });

  it("says whether all bars are reached, and what is void", () => {
    expect(page).toContain(">all bars reached<");
    const missed = benchPageOf({ ...good, bars: [{ what: "it", measured: Number.POSITIVE_INFINITY, atMost: 1 }] });
    expect(missed).toContain(">not all bars reached<");
    expect(missed).not.toContain("Infinity");
    const void_ = benchPageOf({ ...good, flaws: ["nginx: 3 errors"] });
    expect(void_).toContain(">not all bars reached<");
    expect(void_).toContain("nginx: 3 errors");
  });
});

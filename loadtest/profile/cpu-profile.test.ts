import { describe, expect, it } from "vitest";
import { type CpuProfile, callTree, type Frame, selfTimesOf } from "./cpu-profile.js";
import { flamePage } from "./flame-page.js";

const frame = (functionName: string, url = "", lineNumber = -1) => ({ functionName, url, lineNumber });

/** `serve` waits for the system below `handle`, and twice works itself, called from two places. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 3, 6, 8] },
    { id: 2, callFrame: frame("(idle)") },
    { id: 3, callFrame: frame("handle", "file:///x/dist/shared/gateway/door.js", 9), children: [4, 5] },
    { id: 4, callFrame: frame("serve", "file:///x/node_modules/ws/lib/sender.js", 0), children: [7] },
    { id: 5, callFrame: frame("serve", "file:///x/node_modules/ws/lib/sender.js", 0) },
    { id: 6, callFrame: frame("constructor", "node:net", 4) },
    { id: 7, callFrame: frame("(program)") },
    { id: 8, callFrame: frame("serve", "file:///x/node_modules/ws/lib/sender.js", 0) },
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 2],
  timeDeltas: [1_000, 10, 20, 30, 40, 50, 60, 9_000],
};

const outline = ({ name, selfMicroseconds, totalMicroseconds, callees }: Frame): unknown => [
  name,
  selfMicroseconds,
  totalMicroseconds,
  ...callees.map(outline),
];

describe("a CPU profile", () => {
  it("is a tree of calls, without the time in which there was nothing to do", () => {
    expect(outline(callTree(PROFILE))).toEqual([
      "all",
      0,
      210,
      ["handle", 10, 110, ["serve", 50, 100, ["native code and system calls", 50, 50]]],
      ["serve", 60, 60],
      ["constructor", 40, 40],
    ]);
  });

  it("tells how long each function was at work, whoever called it, and whose it is", () => {
    expect(selfTimesOf(callTree(PROFILE)).slice(0, 4)).toEqual([
      { name: "serve", where: "ws/lib/sender.js:1", origin: "dependency", selfMicroseconds: 110 },
      { name: "native code and system calls", where: "", origin: "engine", selfMicroseconds: 50 },
      { name: "constructor", where: "node:net:5", origin: "node", selfMicroseconds: 40 },
      { name: "handle", where: "shared/gateway/door.js:10", origin: "own", selfMicroseconds: 10 },
    ]);
  });

  it("is drawn to scale, on a page that fetches nothing", () => {
    const page = flamePage(callTree(PROFILE), "Time", "a <test>");
    expect(page).toContain("a &lt;test&gt;");
    const boxes = [
      ...page.matchAll(/<b class="(\w+)"[^>]*data-left="([\d.]+)" data-width="([\d.]+)" data-row="(\d)">/g),
    ];
    expect(boxes.map(([, origin, left, width, row]) => [origin, Number(left) * 210, Number(width) * 210, row])).toEqual(
      [
        ["engine", 0, 210, "0"],
        ["own", 0, 110, "1"],
        ["dependency", 0, 100, "2"],
        ["engine", 0, 50, "3"],
        ["dependency", 110, 60, "1"],
        ["node", 170, 40, "1"],
      ].map(([origin, left, width, row]) => [
        origin,
        expect.closeTo(left as number, 1),
        expect.closeTo(width as number, 1),
        row,
      ]),
    );
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/https?:\/\//);
  });
});

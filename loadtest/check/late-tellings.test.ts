import { describe, expect, it } from "vitest";
import { lateTellings } from "./late-tellings.js";
import type { Watched } from "./session-evidence.js";

const COMMITTED_MS = new Map([[7, 1_000]]);
const LOCK = { name: "a", status: "free", holderId: null, fencingToken: 0, metadata: null, expiresAt: null } as const;

const told = (atMs: number): Watched => ({
  ...{ client: "s1", target: { name: "a" }, isOpen: true },
  items: [
    { type: "snapshot", revision: 7, locks: [], atMs: 9_000 },
    { type: "change", revision: 7, event: "released", lock: LOCK, atMs },
  ],
});

describe("W1: who watches is told of a change", () => {
  it("at once", () => {
    expect(lateTellings([told(1_400)], COMMITTED_MS, [])).toEqual([]);
    const found = 'The watch of {"name":"a"} by s1 was told at 1600 ms of revision 7, journaled at 1000 ms.';
    expect(lateTellings([told(1_600)], COMMITTED_MS, [])).toEqual([found]);
  });

  it("later only while something is wrong", () => {
    expect(lateTellings([told(1_600)], COMMITTED_MS, [{ fromMs: 1_500, untilMs: 2_000 }])).toEqual([]);
    expect(lateTellings([told(1_600)], COMMITTED_MS, [{ fromMs: 0, untilMs: 999 }])).toHaveLength(1);
  });
});

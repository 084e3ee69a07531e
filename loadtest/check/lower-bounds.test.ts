import { describe, expect, it } from "vitest";
import { by } from "./lock-history.fixture.js";
import type { LockOperation } from "./lock-operation.js";
import { raisedExpiries } from "./lower-bounds.js";

const NEVER = Number.POSITIVE_INFINITY;
const [ann, bob] = [by("ann"), by("bob")];

/** The same with an `expires_at` in its answer. */
function until(expiresAtWallMs: number, { result, ...operation }: LockOperation): LockOperation {
  if (result?.status === "read" && result.lock !== null) {
    return { ...operation, result: { ...result, lock: { ...result.lock, expiresAtWallMs } } };
  }
  if (result?.status !== "acquired" && result?.status !== "renewed") throw new Error("It says nothing of an expiry.");
  return { ...operation, result: { ...result, expiresAtWallMs } };
}
const readAt = (atMs: number) => bob.readHeld({ by: "ann", token: 1 }, [atMs, atMs + 1]);
const ACQUIRED = until(500, ann.acquired(1, [0, 1]));

describe("P3: an expires_at that is shown is a lower bound", () => {
  it.each<[string, LockOperation[]]>([
    ["what was written", [ACQUIRED, until(500, readAt(2))]],
    ["a cached copy from before a renewal", [ACQUIRED, until(600, ann.renewed(1, 600, [2, 3])), until(500, readAt(4))]],
    ["a renewal under way", [ACQUIRED, until(600, ann.renewed(1, 600, [2, 9])), until(600, readAt(4))]],
    [
      "what was renewed without an answer",
      [ACQUIRED, ann.renewed(1, 600, [2, NEVER]), until(450, ann.renewed(1, 450, [3, 4])), until(600, readAt(5))],
    ],
    ["a shortening under way", [ACQUIRED, until(400, ann.renewed(1, 400, [2, 9])), until(500, readAt(4))]],
  ])("%s is right", (_, history) => {
    expect(raisedExpiries(history)).toEqual([]);
  });

  it("a cached copy of more than the last renewal left is found", () => {
    const renewed = until(400, ann.renewed(1, 500, [2, 3]));
    expect(raisedExpiries([ACQUIRED, renewed, until(500, readAt(4)), until(500, readAt(6))])).toEqual([
      "bob read at 4 ms that lock/a expires at 500, which is 100 ms later than the master had written.",
    ]);
  });
});

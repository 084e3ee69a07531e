import { describe, expect, it } from "vitest";
import { Ground } from "../../master/cell/ground.js";
import { noted, seen } from "../../master/cell/outcome.js";
import { trueCommit } from "./true-commits.js";
import { changedWithoutLeave } from "./without-leave.js";

/** What is found of a command sent with this token, while the cell knows that of ann, and her session. */
function found(tokenHash: string, { changes = true, grantsTo = [] as readonly string[] } = {}): string[] {
  const ground = new Ground();
  ground.tokens.set("of ann", { principal: "user:ann", revision: 1 });
  const session = { leaseMs: 5_000, secretHash: null, attachment: 2, resumed: false, locks: [], labels: [], waits: [] };
  ground.sessions.set("hers", { sessionId: "hers", principal: "user:ann", ...session });
  ground.sessions.set("his", { sessionId: "his", principal: "user:bob", ...session });
  const client = { tokenHash, newLeaseId: "l", locksPerPrincipal: 1 };
  const record = { timeMs: 0, wallMs: 0, command: { kind: "release", name: "a", leaseId: "l" }, client } as const;
  const answer = { status: "acquired", leaseId: "l", fencingToken: 1, expiresAtWallMs: null } as const;
  const grants = grantsTo.map((sessionId) => ({
    ...{ sessionId, operationId: "o", name: "a" },
    answer: { ...answer, renewAfterMs: null, metadata: null },
  }));
  const touched = changes ? [seen("a", "released")] : [];
  return changedWithoutLeave([trueCommit(ground, record, { ...noted({ status: "released" }), touched, grants }, 7)]);
}

describe("A3: changedWithoutLeave", () => {
  it("allows what is done with a token in force, for its user and for others who have one", () => {
    expect(found("of ann")).toEqual([]);
    expect(found("of ann", { grantsTo: ["hers"] })).toEqual([]);
  });

  it("allows a refusal of anybody", () => expect(found("of bob", { changes: false })).toEqual([]));

  it("finds a change that was asked for with a revoked token", () => {
    expect(found("of bob")).toEqual([
      "Revision 7 (release) changed something for token of bob, without a token in force.",
    ]);
  });

  it("finds a grant to who waits and has no token any more", () => {
    expect(found("of ann", { grantsTo: ["hers", "his"] })).toEqual([
      "Revision 7 (release) changed something for user:bob, without a token in force.",
    ]);
  });
});

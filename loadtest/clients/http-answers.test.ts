import { describe, expect, it } from "vitest";
import type { Answer } from "../../shared/protocol/commands.js";
import { answerFrom, asToldOverHttp } from "./http-answers.js";

const wall = { expiresAtWallMs: 1_800_000_000_123 };
const ANSWERS: readonly Answer[] = [
  { status: "acquired", leaseId: "l", fencingToken: 7, ...wall, renewAfterMs: 500, metadata: null },
  { status: "held", holderId: "h", ...wall, retryAfterMs: 100, metadata: "m" },
  { status: "delayed", availableAtWallMs: 1_800_000_000_500, lockDelayMs: 3_000, retryAfterMs: 100 },
  { status: "renewed", leaseId: "l", ...wall, renewAfterMs: 500 },
  { status: "released" },
  { status: "metadataSet", leaseId: "l", metadata: "m" },
  { status: "refused", code: "lease_not_current", details: "Some other lease is." },
];

describe("answers over HTTP", () => {
  it.each(ANSWERS)("tell the same: $status", (answer) => {
    expect(asToldOverHttp(answer)).toEqual(answer);
  });

  it("round times, and hide the status that a refusal carries", () => {
    expect(asToldOverHttp({ status: "renewed", leaseId: "l", expiresAtWallMs: 5.7, renewAfterMs: 1 })).toMatchObject({
      expiresAtWallMs: 5,
    });
    const refused = { status: "refused", code: "lease_not_current", details: "d" } as const;
    expect(asToldOverHttp({ ...refused, httpStatus: 404 })).toEqual(refused);
  });

  it.each([
    [502, { code: "upstream_unavailable" }],
    [503, { code: "shutting_down" }],
    [429, { code: "rate_limited" }],
    [500, { code: "who knows" }],
    [400, null],
  ])("decide nothing with %i %o", (status, body) => {
    expect(() => answerFrom("renew", status, JSON.stringify(body))).toThrow("answered");
  });

  it("decide nothing if they cannot be read", () => {
    expect(() => answerFrom("renew", 200, "<html>")).toThrow("no JSON");
  });
});

import { describe, expect, it } from "vitest";
import { type AuthorisedRead, brokenAuthorisation, type TokenChange } from "./authorised.js";

const change = (kind: TokenChange["kind"], calledAtMs: number, answeredAtMs: number): TokenChange => ({
  user: "alice",
  kind,
  calledAtMs,
  answeredAtMs,
});
const read = (allowed: boolean, invokedAtMs: number, returnedAtMs: number, stale = false): AuthorisedRead => ({
  ...{ user: "alice", by: "r1", door: "p1" },
  ...{ allowed, invokedAtMs, returnedAtMs, stale },
});
const CHANGES = [change("grant", 0, 10), change("revoke", 100, 200), change("grant", 300_000, 300_100)];

describe("P10 no read without leave", () => {
  it("lets anything happen while a change is under way, and what is due outside of that", () => {
    const reads = [
      read(false, 5, 11),
      read(true, 20, 30),
      read(true, 150, 250),
      read(false, 150, 160),
      read(false, 201, 210),
    ];
    expect(
      brokenAuthorisation([...reads, read(true, 299_000, 300_050), read(true, 300_200, 300_300)], CHANGES),
    ).toEqual([]);
  });

  it("finds the first read that was let in after the revocation was answered", () => {
    expect(brokenAuthorisation([read(true, 201, 210), read(true, 400, 410)], CHANGES)).toEqual([
      "r1 read at p1 at 201 ms with the token of alice, which was let in, though it was revoked since 200 ms.",
    ]);
  });

  it("finds a read that was refused though its token was in force", () => {
    expect(brokenAuthorisation([read(false, 20, 30)], CHANGES)).toEqual([
      "r1 read at p1 at 20 ms with the token of alice, which was refused, though it was in force since 10 ms.",
    ]);
  });

  it("allows answers asked for as stale for a minute, and no longer", () => {
    expect(brokenAuthorisation([read(true, 60_000, 60_001, true)], CHANGES)).toEqual([]);
    expect(brokenAuthorisation([read(true, 62_000, 62_001, true)], CHANGES)).toHaveLength(1);
  });

  it("knows nothing of a change that nobody was told of", () => {
    const changes = [change("revoke", 100, Number.POSITIVE_INFINITY)];
    expect(brokenAuthorisation([read(true, 500, 510), read(false, 500, 510)], changes)).toEqual([]);
  });
});

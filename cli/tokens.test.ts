import { describe, expect, it } from "vitest";
import { adminKeyHash, tokenHash } from "../shared/protocol/tokens.js";
import { adminToken, joinTokens, tokensOfLines, tokensOfList, userOf } from "./tokens.js";

const list = (text: string) => tokensOfList(text, "LIST");
const lines = (text: string) => tokensOfLines(text, "FILE");

describe("a list of tokens", () => {
  it("names users by their hashed tokens", () => {
    expect(list("alice:tokA, bob:tokB")).toEqual([
      { hash: tokenHash("tokA"), principal: "user:alice" },
      { hash: tokenHash("tokB"), principal: "user:bob" },
    ]);
  });

  it("names the user of a bare token by its hash, never by the token", () => {
    const hash = tokenHash("sesame");
    expect(list("sesame")).toEqual([{ hash, principal: `user:token-${hash.slice(0, 8)}` }]);
  });

  it.each([
    ["", "LIST, entry 1 is empty: write name:token"],
    ["alice:sesame,", "LIST, entry 2 is empty: write name:token"],
    ["alice:sesame:x", 'LIST, entry 1 is ambiguous: it has more than one ":"'],
    ["alice:", "LIST, entry 1: the token is not 1 to 512 visible ASCII characters"],
    ["alice:ses ame", "LIST, entry 1: the token is not 1 to 512 visible ASCII characters"],
    [":sesame", "LIST, entry 1: the name is not 1 to 64 letters, digits and _ . @ -"],
    ["al ice:sesame", "LIST, entry 1: the name is not 1 to 64 letters, digits and _ . @ -"],
    ["alice:sesame,bob:sesame", "LIST, entry 2 has the same token as LIST, entry 1"],
    ["alice:sesame,alice:other", "LIST, entry 2 has the same name as LIST, entry 1"],
    ["sesame,sesame", "LIST, entry 2 has the same token as LIST, entry 1"],
  ])("%j is refused without showing the token", (text, line) => {
    expect(() => list(text)).toThrow(expect.objectContaining({ kind: "usage", message: line }));
    expect(line).not.toContain("sesame");
  });
});

describe("a file of tokens", () => {
  it("may have comments, empty lines and the line ends of Windows", () => {
    expect(lines("# people\r\nalice:tokA\r\n\r\n  bob:tokB\r\n").map(({ principal }) => userOf(principal))).toEqual([
      "alice",
      "bob",
    ]);
  });

  it("must hold a token: one that was emptied by accident must not revoke everybody", () => {
    expect(() => lines("# nobody\n")).toThrow("FILE holds no token: write one name:token a line");
  });

  it("counts its lines as an editor does", () => {
    expect(() => lines("# people\nalice:tokA\n\na:b:c\n")).toThrow("FILE, line 4 is ambiguous");
  });
});

describe("several sources", () => {
  it("are one list", () => {
    expect(joinTokens(list("alice:tokA"), [adminToken("key")])).toContainEqual({
      hash: adminKeyHash("key"),
      principal: "admin",
    });
  });

  it.each(["alice:other", "other:tokA"])("cannot both have what is in %s", (text) => {
    expect(() => joinTokens(list("alice:tokA"), list(text))).toThrow("is configured in two places");
  });
});

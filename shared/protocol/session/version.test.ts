import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DownMessage } from "./down.js";
import { UpMessage } from "./up.js";
import { SESSION_VERSIONS } from "./version.js";

describe("the versions of the session messages", () => {
  it("count up from one", () => {
    expect(SESSION_VERSIONS.map(({ version }) => version)).toEqual(SESSION_VERSIONS.map((_, at) => at + 1));
  });

  it("end with the schemas as they are", () => {
    const sha256 = createHash("sha256")
      .update(JSON.stringify([UpMessage, DownMessage]))
      .digest("hex");
    expect(
      SESSION_VERSIONS.at(-1)?.sha256,
      `The messages have changed. Add a version with the hash ${sha256} to version.ts, and keep older peers working.`,
    ).toBe(sha256);
  });
});

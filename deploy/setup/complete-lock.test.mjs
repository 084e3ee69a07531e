import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { complete, missingBinaries } from "./complete-lock.mjs";
import { inRoot } from "./paths.mjs";

const lockWith = (optionalDependencies) => ({
  lockfileVersion: 3,
  packages: { "": {}, "node_modules/tool": { version: "1.0.0", dev: true, optionalDependencies } },
});

describe("a lock that lacks other platforms' binaries", () => {
  it("gets them, with what their names say", () => {
    const lock = lockWith({
      "@tool/linux-x64-musl": "1.0.0",
      "@tool/darwin-arm64": "1.0.0",
      "tool-linux-arm64": "2.0.0",
    });
    const { packages } = complete(lock);
    const more = { dev: true, optional: true };
    expect(packages["node_modules/@tool/linux-x64-musl"]).toEqual({
      version: "1.0.0",
      os: ["linux"],
      cpu: ["x64"],
      libc: ["musl"],
      ...more,
    });
    expect(packages["node_modules/@tool/darwin-arm64"]).toEqual({
      version: "1.0.0",
      os: ["darwin"],
      cpu: ["arm64"],
      ...more,
    });
    expect(packages["node_modules/tool-linux-arm64"]).toMatchObject({ version: "2.0.0", libc: ["glibc"] });
    expect(missingBinaries({ packages })).toEqual([]);
  });

  it("is not completed by guessing", () => {
    expect(() => complete(lockWith({ "@tool/linux-x64": "^1.0.0" }))).toThrow("cannot complete @tool/linux-x64@^1.0.0");
    expect(() => complete(lockWith({ "@tool/wasm": "1.0.0" }))).toThrow("cannot complete @tool/wasm@1.0.0");
  });
});

it("this project's lock names every platform's binaries (else: node deploy/setup/complete-lock.mjs)", () => {
  expect(missingBinaries(JSON.parse(readFileSync(inRoot("package-lock.json"), "utf8")))).toEqual([]);
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { storeContract } from "../../shared/contracts/store.contract.js";
import { holdsLevelStore, openLevelStore } from "./level-store.js";
import { tempDirectory } from "./temp-directory.fixture.js";

storeContract("LevelStore", async () => {
  const directory = await mkdtemp(join(tmpdir(), "octofleet-level-"));
  return {
    open: () => openLevelStore(directory),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
});

describe("LevelStore", () => {
  it("makes its directory, with all above it", async () => {
    const directory = join(await tempDirectory(), "some", "where");
    expect(await holdsLevelStore(directory)).toBe(false);
    await (await openLevelStore(directory)).close();
    expect(await holdsLevelStore(directory)).toBe(true);
  });

  it.each(["file", "file/below"])("says plainly that a path cannot be a directory: %s", async (path) => {
    const directory = await tempDirectory();
    await writeFile(join(directory, "file"), "");
    await expect(openLevelStore(join(directory, path))).rejects.toMatchObject({
      name: "StoreError",
      kind: "unusable",
      message: expect.stringMatching(`${path} cannot be used .* directory that this user may read and write`),
    });
  });

  it("does not begin anew in a directory whose store has lost its beginning", async () => {
    const directory = await tempDirectory();
    const store = await openLevelStore(directory);
    await store.write([{ put: "a", value: "1" }]);
    store.setMark("1");
    await store.close();
    await rm(join(directory, "CURRENT"));
    await expect(openLevelStore(directory)).rejects.toMatchObject({ kind: "damaged" });
  });

  it("takes a damaged mark for none", async () => {
    const directory = await tempDirectory();
    const store = await openLevelStore(directory);
    store.setMark("12 abc");
    await store.close();
    await writeFile(join(directory, "MARK"), "0123456789abcdef 13 abc".padEnd(256));
    const again = await openLevelStore(directory);
    expect(again.getMark()).toBeUndefined();
    expect(() => again.setMark("x".repeat(300))).toThrow("256 bytes");
    await again.close();
  });
});

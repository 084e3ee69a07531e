import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store, StoreEntry, StoreRange } from "../ports/store.js";
import { StoreError } from "../ports/store-error.js";

/** One disk for one test. */
export interface StoreUnderTest {
  open(): Promise<Store>;
  /** Removes what the test left behind. */
  dispose(): Promise<void>;
}

/** What every `Store` must do. */
export function storeContract(name: string, makeDisk: () => Promise<StoreUnderTest>): void {
  describe(`${name} is a Store`, () => {
    let disk: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      disk = await makeDisk();
      store = await disk.open();
    });

    afterEach(async () => {
      await store.close();
      await disk.dispose();
    });

    async function reopen(): Promise<void> {
      await store.close();
      store = await disk.open();
    }

    it("finds what was written, and nothing else", async () => {
      await store.write([{ put: "a", value: "1" }]);
      expect(await store.get("a")).toBe("1");
      expect(await store.get("b")).toBeUndefined();
    });

    it("applies a batch in order, the last change of a key winning", async () => {
      await store.write([
        { put: "a", value: "1" },
        { put: "b", value: "1" },
        { remove: "a" },
        { put: "b", value: "2" },
      ]);
      expect(await entriesOf(store, {})).toEqual([{ key: "b", value: "2" }]);
    });

    it("keeps text of any length and alphabet as it is", async () => {
      const value = `line\n\u0000 "quoted" ä € 🐙 ${"x".repeat(300_000)}`;
      await store.write([{ put: "schlüssel/🐙", value }]);
      await reopen();
      expect(await store.get("schlüssel/🐙")).toBe(value);
    });

    it("lists ranges in the order of the keys' bytes", async () => {
      const keys = ["a", "a/1", "a0", "b", "z", "ä", "\u{ffee}", "🐙"];
      await store.write([...keys].reverse().map((key) => ({ put: key, value: "" })));
      expect(await keysOf(store, {})).toEqual(keys);
      expect(await keysOf(store, { from: "a/1", below: "z" })).toEqual(["a/1", "a0", "b"]);
      expect(await keysOf(store, { from: "a/1", below: "z", reverse: true, limit: 2 })).toEqual(["b", "a0"]);
      expect(await keysOf(store, { from: "z", limit: 1 })).toEqual(["z"]);
      expect(await keysOf(store, { from: "z", below: "a" })).toEqual([]);
    });

    it("gives keys without their values", async () => {
      await store.write([
        { put: "a", value: "1" },
        { put: "b", value: "2" },
      ]);
      expect(await entriesOf(store, { from: "b", keysOnly: true })).toEqual([{ key: "b", value: "" }]);
    });

    it("shows a range as it was when it was asked for", async () => {
      await store.write([
        { put: "a", value: "1" },
        { put: "b", value: "1" },
      ]);
      const seen: string[] = [];
      for await (const { key } of store.range({})) {
        seen.push(key);
        await store.write([{ remove: "b" }, { put: "c", value: "1" }]);
      }
      expect(seen).toEqual(["a", "b"]);
    });

    it("clears what lies between two keys, and nothing else", async () => {
      const numbers = Array.from({ length: 3_000 }, (_, n) => `b/${String(n).padStart(4, "0")}`);
      const keys = ["a", ...numbers, "b0", "ä"];
      await store.write(keys.map((key) => ({ put: key, value: "1" })));
      await store.clear({ from: "b/0001", below: "b0" });
      await store.clear({ from: "c", below: "c" });
      expect(await keysOf(store, {})).toEqual(["a", "b/0000", "b0", "ä"]);
      await reopen();
      expect(await keysOf(store, {})).toEqual(["a", "b/0000", "b0", "ä"]);
    });

    it("has everything after it was closed and opened again", async () => {
      await store.write([
        { put: "a", value: "1" },
        { put: "b", value: "1" },
      ]);
      await store.write([{ remove: "a" }]);
      await reopen();
      expect(await entriesOf(store, {})).toEqual([{ key: "b", value: "1" }]);
    });

    it("takes writes side by side", async () => {
      await Promise.all(Array.from({ length: 50 }, (_, n) => store.write([{ put: `k${n}`, value: String(n) }])));
      expect(await keysOf(store, {})).toHaveLength(50);
    });

    it("keeps the last mark", async () => {
      expect(store.getMark()).toBeUndefined();
      store.setMark("a longer mark than the next one");
      store.setMark("second");
      expect(store.getMark()).toBe("second");
      await reopen();
      expect(store.getMark()).toBe("second");
    });

    it("says about how much room it takes, and compacts without losing anything", async () => {
      const value = "octopus ".repeat(20_000);
      await store.write([
        { put: "a", value },
        { put: "b", value: "kept" },
      ]);
      expect(await store.sizeBytes()).toBeGreaterThan(1_000);
      await store.write([{ remove: "a" }]);
      await store.compact();
      expect(await entriesOf(store, {})).toEqual([{ key: "b", value: "kept" }]);
    });

    it("is open in one place at a time", async () => {
      await expect(disk.open()).rejects.toMatchObject({ name: "StoreError", kind: "inUse" });
      await store.write([{ put: "a", value: "1" }]);
      expect(await store.get("a")).toBe("1");
    });

    it("refuses plainly once it is closed, and is closed twice without harm", async () => {
      await store.close();
      await store.close();
      await expect(store.write([{ put: "a", value: "1" }])).rejects.toMatchObject({ kind: "closed" });
      await expect(store.get("a")).rejects.toMatchObject({ kind: "closed" });
      await expect(store.clear({ from: "a", below: "b" })).rejects.toMatchObject({ kind: "closed" });
      await expect(keysOf(store, {})).rejects.toMatchObject({ kind: "closed" });
      expect(() => store.setMark("x")).toThrow(StoreError);
      store = await disk.open();
    });
  });
}

async function entriesOf(store: Store, range: StoreRange): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  for await (const entry of store.range(range)) entries.push(entry);
  return entries;
}

async function keysOf(store: Store, range: StoreRange): Promise<string[]> {
  return (await entriesOf(store, range)).map(({ key }) => key);
}

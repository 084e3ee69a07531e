import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.js";
import { openLevelStore } from "./level-store.js";
import { damagedTables, isTableSound } from "./level-tables.js";
import { tempDirectory } from "./temp-directory.fixture.js";

const FOOTER_BYTES = 48;

describe("isTableSound", () => {
  it("finds a flipped bit at any place of a table", async () => {
    const { bytes } = await makeTable();
    expect(isTableSound(bytes)).toBe(true);
    const missed: number[] = [];
    for (let position = 0; position < bytes.length - FOOTER_BYTES; position++) {
      if (isTableSound(flipped(bytes, position))) missed.push(position);
    }
    expect(missed).toEqual([]);
  });
});

describe("damagedTables", () => {
  it("names the tables that are damaged", async () => {
    const { directory, name, bytes } = await makeTable();
    expect(await damagedTables(directory)).toEqual([]);
    await writeFile(join(directory, name), flipped(bytes, 0));
    expect(await damagedTables(directory)).toEqual([name]);
  });

  it("names the first of many, too", async () => {
    const { directory, name, bytes } = await makeTable();
    for (let more = 10; more < 30; more += 1) await copyFile(join(directory, name), join(directory, `9999${more}.ldb`));
    await writeFile(join(directory, name), flipped(bytes, 0));
    expect(await damagedTables(directory)).toEqual([name]);
  });

  it("does not judge a table without its end, nor one that was never taken up", async () => {
    const { directory, name, bytes } = await makeTable();
    await writeFile(join(directory, "999999.ldb"), flipped(bytes, 0));
    await writeFile(join(directory, "999998.ldb"), "");
    await copyFile(join(directory, name), join(directory, "999997.ldb"));
    await writeFile(join(directory, name), bytes.subarray(0, bytes.length - 1));
    expect(await damagedTables(directory)).toEqual([]);
  });

  it("keeps LevelDB from a table that would stop the process", async () => {
    const { directory, name, bytes } = await makeTable();
    await writeFile(join(directory, name), flipped(bytes, 0));
    await expect(openLevelStore(directory)).rejects.toMatchObject({
      kind: "damaged",
      message: expect.stringContaining(`checksum mismatch in ${name}`),
    });
  });
});

describe("crc32c", () => {
  it("is the checksum of RFC 3720", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e);
  });
});

/** A store with one table of a few blocks. */
async function makeTable(): Promise<{ directory: string; name: string; bytes: Buffer }> {
  const directory = await tempDirectory();
  const store = await openLevelStore(directory);
  const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
  await store.write(keys.map((put) => ({ put, value: put.repeat(150) })));
  await store.compact();
  await store.close();
  const names = (await readdir(directory)).filter((file) => file.endsWith(".ldb"));
  const name = names[0] as string;
  return { directory, name, bytes: await readFile(join(directory, name)) };
}

function flipped(bytes: Buffer, position: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(position) ^ 0x10, position);
  return copy;
}

import { describe, expect, it } from "vitest";
import { storeContract } from "../contracts/store.contract.js";
import type { Random } from "../ports/random.js";
import { SimClock } from "./sim-clock.js";
import { SimDisk } from "./sim-store.js";

storeContract("SimDisk", async () => {
  const disk = new SimDisk({ clock: new SimClock(), random: always(0) });
  return { open: () => disk.open(), dispose: async () => {} };
});

describe("SimDisk", () => {
  it("writes in simulated time, one batch after the other", async () => {
    const clock = new SimClock();
    const store = await new SimDisk({ clock, random: always(0), writeMs: 10 }).open();
    const written: string[] = [];
    const writes = ["a", "b"].map((key) => store.write([{ put: key, value: "" }]).then(() => written.push(key)));
    await clock.runFor(4);
    expect(written).toEqual([]);
    await clock.runFor(2);
    expect(written).toEqual(["a"]);
    await clock.settle(Promise.all(writes), 100);
    expect(written).toEqual(["a", "b"]);
  });

  it.each([
    [0, []],
    [0.5, ["a"]],
    [0.99, ["a", "b"]],
  ])("keeps the first of the unsynced batches when the process dies (%d)", async (fraction, survivors) => {
    const clock = new SimClock();
    const disk = new SimDisk({ clock, random: always(fraction), writeMs: 10 });
    const store = await disk.open();
    const writes = Promise.allSettled(["a", "b"].map((key) => store.write([{ put: key, value: "" }])));
    disk.crash();
    expect((await clock.settle(writes, 100)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await disk.open();
    expect(disk.keys()).toEqual(survivors);
    await expect(store.get("a")).rejects.toMatchObject({ kind: "closed" });
    await store.close();
    await expect(disk.open()).rejects.toMatchObject({ kind: "inUse" });
  });

  it("keeps the mark when the process dies, and may lose it with the machine", async () => {
    const disk = new SimDisk({ clock: new SimClock(), random: always(0.5) });
    const first = await disk.open();
    first.setMark("1");
    first.setMark("2");
    disk.crash();
    const second = await disk.open();
    expect(second.getMark()).toBe("2");
    disk.crash("machine");
    expect((await disk.open()).getMark()).toBe("1");
  });

  it("changes nothing while it is full", async () => {
    const disk = new SimDisk({ clock: new SimClock(), random: always(0) });
    const store = await disk.open();
    disk.full = true;
    await expect(store.write([{ put: "a", value: "1" }])).rejects.toMatchObject({ kind: "full" });
    disk.full = false;
    expect(await store.get("a")).toBeUndefined();
  });

  it("loses batches from its end or middle, and alters values", async () => {
    const disk = new SimDisk({ clock: new SimClock(), random: always(0) });
    const store = await disk.open();
    for (const key of ["a", "b", "c", "d"]) await store.write([{ put: key, value: key }]);
    disk.loseBatches(1, 1);
    expect(disk.keys()).toEqual(["a", "b", "d"]);
    disk.loseBatches(1);
    expect(disk.keys()).toEqual(["a", "b"]);
    disk.alter("a", (value) => `${value}!`);
    expect(await store.get("a")).toBe("a!");
    disk.loseBatches(1);
    expect(disk.batches).toBe(2);
  });
});

function always(fraction: number): Random {
  return {
    hex: (bytes) => "00".repeat(bytes),
    uuid: () => "00000000-0000-4000-8000-000000000000",
    fraction: () => fraction,
  };
}

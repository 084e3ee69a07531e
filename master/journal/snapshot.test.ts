import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { JournalDisk } from "./journal-disk.fixture.js";
import { chunkKey, snapshotKey } from "./journal-keys.js";
import { GENESIS } from "./record.js";
import { linesOf } from "./state-text.js";

const WRITE_MS = 4;

/** A state whose long table takes some chunks. */
const large = (rows: number) => ({
  version: 9,
  few: [1, 2, 3],
  names: Array.from({ length: rows }, (_, at) => ({ name: `ü🐙 ${at}`, text: "x".repeat(1_000) })),
  counters: { rows },
});

let disk: JournalDisk;
let clock: SimClock;

beforeEach(() => {
  clock = new SimClock();
  disk = new JournalDisk({ clock });
});

const settled = <T>(promise: Promise<T>): Promise<T> => clock.settle(promise, 10_000);

describe("a snapshot of a state with long tables", () => {
  it("is the state again after a restart", async () => {
    const { journal } = await disk.start();
    await settled(journal.append(["a"]));
    await settled(journal.writeSnapshot(1, large(900)));
    expect(disk.keys().filter((key) => key.includes("chunk"))).toHaveLength(4);
    expect((await disk.restart(journal)).snapshot).toEqual({ revision: 1, state: large(900) });
  });

  it("is serialised some rows at a time, so that commands are taken in between", async () => {
    const { journal } = await disk.start();
    await settled(journal.append(["a"]));
    let serialised = 0;
    const toJSON = (): string => {
      serialised += 1;
      return "x".repeat(1_000);
    };
    const state = { names: Array.from({ length: 5_000 }, () => ({ toJSON })) };
    const snapshot = journal.writeSnapshot(1, state);
    let most = 0;
    for (let before = 0; serialised < 5_000; before = serialised) {
      most = Math.max(most, serialised - before);
      await settled(journal.append(["b"]));
    }
    await settled(snapshot);
    expect(most).toBeLessThan(1_000);
    const again = await disk.restart(journal);
    expect(again.records.length).toBeGreaterThan(4);
    expect(again.snapshot).toMatchObject({ state: { names: { length: 5_000 } } });
  });

  it("that a crash cut short is none, wherever that was: what came before it is all there", async () => {
    const wholeMs = (4 + 1) * WRITE_MS;
    for (let crashAtMs = 1; crashAtMs <= wholeMs + WRITE_MS; crashAtMs += 2) {
      disk = new JournalDisk({ clock });
      const { journal } = await disk.start();
      await settled(journal.append(["a"]));
      await settled(journal.writeSnapshot(1, { at: 1 }));
      await settled(journal.append(["b"]));
      const lost = [journal.writeSnapshot(2, large(900)), journal.append(["c"])].map((one) => one.catch(() => {}));
      await clock.runFor(crashAtMs);
      disk.crash("process");
      await settled(Promise.all(lost));
      const again = await disk.start();
      const bodies = again.records.map(({ body }) => body);
      if (again.snapshot?.revision === 2) {
        expect(again.snapshot.state).toEqual(large(900));
        expect(["", "c"]).toContain(bodies.join(""));
      } else {
        expect(again.snapshot).toEqual({ revision: 1, state: { at: 1 } });
        expect(["b", "bc"]).toContain(bodies.join(""));
        expect(crashAtMs).toBeLessThanOrEqual(wholeMs + WRITE_MS);
      }
      await settled(again.journal.close());
    }
  });

  it.each(["a row altered", "a row gone", "a line gone"])("with %s is none", async (damage) => {
    const { journal } = await disk.start();
    await settled(journal.append(["a"]));
    await settled(journal.writeSnapshot(1, { at: 1 }));
    await settled(journal.append(["b"]));
    await settled(journal.writeSnapshot(2, large(900)));
    await settled(journal.close());
    const text = await disk.storedAt(chunkKey(2, 0));
    const damages: Record<string, string> = {
      "a row altered": text.replace("ü🐙 7", "ü🐙 8"),
      "a row gone": text.replace(/,\{"name":"ü🐙 7"[^}]*\}/, ""),
      "a line gone": text.split("\n").toSpliced(1, 1).join("\n"),
    };
    const store = await disk.open();
    await settled(store.write([{ put: chunkKey(2, 0), value: damages[damage] as string }]));
    await store.close();
    expect((await disk.start()).snapshot).toEqual({ revision: 1, state: { at: 1 } });
  });
});

it("reads a snapshot as older programs wrote it: one line, and the text last in its checksum", async () => {
  const { journal } = await disk.start();
  await settled(journal.append(["a"]));
  await settled(journal.writeSnapshot(1, { at: 1 }));
  await settled(journal.close());
  const { chain } = JSON.parse(await disk.storedAt(snapshotKey(1))) as { chain: string };
  const state = { old: Array.from({ length: 1_000 }, (_, at) => at) };
  const text = JSON.stringify(state);
  const checksum = createHash("sha256").update(`1\n${chain}\n1\n`).update(text).digest("hex");
  const store = await disk.open();
  const header = JSON.stringify({ chain, chunks: 1, checksum });
  await settled(
    store.write([
      { put: chunkKey(1, 0), value: text },
      { put: snapshotKey(1), value: header },
    ]),
  );
  await store.close();
  expect(chain).not.toBe(GENESIS.checksum);
  expect((await disk.start()).snapshot).toEqual({ revision: 1, state });
});

describe("the text of a state", () => {
  it.each([null, "text", 5, [1, 2], { a: [1], b: {} }, Array.from({ length: 1_000 }, () => 0)])(
    "without long tables is one line of JSON",
    (state) => {
      expect([...linesOf(state)]).toEqual([JSON.stringify(state)]);
    },
  );

  it("leaves the state as it was", () => {
    const state = large(300);
    expect([...linesOf(state)].length).toBeGreaterThan(2);
    expect(state).toEqual(large(300));
  });
});

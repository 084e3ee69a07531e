import { describe, expect, it } from "vitest";
import type { BusFaults } from "../../shared/sim/sim-bus.js";
import { RegisterHistory } from "./register-history.fixture.js";
import { SimCell } from "./sim-cell.fixture.js";

const WRITES = 12;
/** A round that the bus lost is heard of on the next renewal, and acked on the one right after it. */
const WRITE_MS_MAX = 1_000 + 20;

interface Trouble {
  readonly name: string;
  readonly begin: (cell: SimCell) => void;
  /** That the trouble struck at all. */
  readonly struck: (cell: SimCell) => number;
}

const faulty = (name: string, faults: Partial<BusFaults>, struck: Trouble["struck"]): Trouble => ({
  ...{ name, struck },
  begin: (cell) => Object.assign(cell.bus.faults, faults),
});

const cut = (who: string, direction: "in" | "out" | "both"): Trouble => ({
  name: `${direction === "both" ? "all" : direction} cut at ${who}`,
  begin: (cell) => cell.bus.partition(who, direction),
  struck: (cell) => cell.bus.counts.partitioned,
});

const delayMs = { min: 0, max: 40 };
const TROUBLES: readonly Trouble[] = [
  { name: "stopped", begin: (cell) => cell.bus.disconnect(), struck: () => 1 },
  faulty("losing half", { lossRatio: 0.5 }, (cell) => cell.bus.counts.lost),
  faulty("losing all", { lossRatio: 1 }, (cell) => cell.bus.counts.lost),
  faulty("duplicating", { duplicateRatio: 1, delayMs }, (cell) => cell.bus.counts.duplicated),
  faulty("reordering", { reorder: true, delayMs }, (cell) => cell.bus.counts.reordered),
  faulty(
    "losing, duplicating and reordering",
    { lossRatio: 0.3, duplicateRatio: 0.5, reorder: true, delayMs },
    (cell) => Math.min(cell.bus.counts.lost, cell.bus.counts.duplicated, cell.bus.counts.reordered),
  ),
  ...(["in", "out", "both"] as const).flatMap((direction) => [cut("p2", direction), cut("master", direction)]),
];

/** One writer, and readers at every door who never stop. */
async function traffic(cell: SimCell): Promise<RegisterHistory> {
  const history = new RegisterHistory(cell.clock);
  const lease = await cell.take(0, "alice", "x", { metadata: "0" });
  let writing = true;
  const pause = (ms: number) => new Promise<void>((resolve) => cell.clock.after(ms, resolve));
  const reader = async (at: number | "master"): Promise<void> => {
    const valueNow = async () => Number((await cell.read(at, "x")).value?.metadata);
    while (writing) {
      await history.read(String(at), valueNow);
      await pause(10 * cell.random.fraction());
    }
  };
  const readers = [reader(0), reader(1), reader("master")];
  const writer = async (): Promise<void> => {
    for (let value = 1; value <= WRITES; value++) {
      await history.write(value, () => cell.setMetadata(value % 2, "alice", "x", lease, String(value)));
      await pause(30);
    }
    writing = false;
  };
  await cell.clock.settle(Promise.all([writer(), ...readers]), 120_000);
  return history;
}

describe("P9 The bus is only fast: writes stay bounded and reads fresh with a bus", () => {
  it.each(TROUBLES)("$name", async ({ begin, struck }) => {
    for (const seed of [1, 2]) {
      const cell = await SimCell.start({ seed });
      begin(cell);
      const history = await traffic(cell);
      expect(struck(cell)).toBeGreaterThan(0);
      expect(history.violations).toEqual([]);
      expect(history.reads).toBeGreaterThan(150);
      expect(history.writesMs).toHaveLength(WRITES);
      expect(Math.max(...history.writesMs)).toBeLessThan(WRITE_MS_MAX);
    }
  });

  it("rounds that the bus lost arrive on the answers to renewals, and the acks on the next renewals", async () => {
    const cell = await SimCell.start();
    const lease = await cell.take(0, "alice", "x", { metadata: "0" });
    await cell.readNow(1, "x");
    cell.bus.disconnect();
    const { link } = cell.proxy(1);
    const before = link.sent("renew").length;
    await cell.settle(cell.setMetadata(0, "alice", "x", lease, "1"));
    const [first, second] = link.sent("renew").slice(before);
    expect(first?.request.acks).toEqual([]);
    expect(second?.request.acks).toEqual([{ round: cell.rounds()[0]?.message.round, had: ["lock/x"] }]);
  });

  it("a proxy that sees a gap in the rounds asks at once for those that it missed", async () => {
    const cell = await SimCell.start();
    const [x, y] = [await cell.take("master", "alice", "x"), await cell.take("master", "alice", "y")];
    for (const name of ["x", "y"]) await cell.readNow(1, name);
    await cell.settle(cell.setMetadata("master", "alice", "x", x, "1"));
    await cell.readNow(1, "x");
    cell.bus.faults.lossRatio = 1;
    const missed = cell.track(cell.setMetadata("master", "alice", "x", x, "2"));
    await cell.clock.runFor(100);
    expect(missed.state).toBe("pending");
    cell.bus.faults.lossRatio = 0;
    await cell.settle(cell.setMetadata("master", "alice", "y", y, "1"));
    await cell.clock.runFor(10);
    expect(missed.state).toBe("resolved");
  });
});

import { describe, expect, it } from "vitest";
import { Journal } from "../../master/journal/journal.js";
import { forNobody } from "../../master/journal/replay.js";
import { silentLog } from "../../shared/ports/log.js";
import type { Answer } from "../../shared/protocol/commands.js";
import { SimCell } from "./sim-cell.fixture.js";

interface Grant {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly token: number;
}

/** Asks for locks that nobody has yet, through both proxies, and notes the grants. */
function askForLocks(cell: SimCell, names: readonly string[], grants: Grant[]): Promise<unknown> {
  const acquisitions = names.map(async (name, i) => {
    const askedMs = cell.clock.monotonicMs();
    const answer: Answer = await cell.acquire(i % 2, "alice", name);
    if (answer.status !== "acquired") throw new Error(`${name}: ${JSON.stringify(answer)}`);
    grants.push({ askedMs, answeredMs: cell.clock.monotonicMs(), token: answer.fencingToken });
  });
  return Promise.allSettled(acquisitions);
}

/** Pairs of which the later grant has no larger token. */
function regressions(grants: readonly Grant[]): string[] {
  return grants.flatMap((later) =>
    grants
      .filter((earlier) => earlier !== later && earlier.answeredMs <= later.askedMs && earlier.token >= later.token)
      .map((earlier) => `${earlier.token} (answered at ${earlier.answeredMs}) before ${later.token}`),
  );
}

const namesOf = (round: number): string[] => [0, 1, 2, 3, 4, 5].map((i) => `lock-${round}-${i}`);

describe("P2 Fencing: a later grant has a larger token", () => {
  it("over all locks of one life, and no token is given twice", async () => {
    const cell = await SimCell.start();
    const grants: Grant[] = [];
    for (let round = 0; round < 10; round++) await cell.settle(askForLocks(cell, namesOf(round), grants));
    expect(regressions(grants)).toEqual([]);
    expect(new Set(grants.map(({ token }) => token)).size).toBe(60);
  });

  it("over masters that are killed at any instant of their work", async () => {
    const cell = await SimCell.start({ locksPerPrincipal: 10_000 });
    const grants: Grant[] = [];
    for (let life = 0; life < 40; life++) {
      const asking = askForLocks(cell, namesOf(life), grants);
      let events = 0;
      await cell.clock.runUntil(() => events++ >= life, 5_000);
      cell.killMaster(life % 2 === 0 ? "process" : "machine");
      await cell.startMaster();
      await cell.allReady();
      await cell.settle(asking);
    }
    expect(grants.length).toBe(240);
    expect(regressions(grants)).toEqual([]);
    expect(new Set(grants.map(({ token }) => token)).size).toBe(grants.length);
  });

  it("over masters that stop in good order", async () => {
    const cell = await SimCell.start();
    const grants: Grant[] = [];
    for (let life = 0; life < 5; life++) {
      await cell.settle(askForLocks(cell, namesOf(life), grants));
      await cell.stopMaster();
      await cell.startMaster();
      await cell.allReady();
    }
    expect(grants).toHaveLength(30);
    expect(regressions(grants)).toEqual([]);
  });

  it("over a restored backup, whatever the original gave out after the backup was made", async () => {
    const restored = await SimCell.start();
    await restored.take(0, "alice", "before");
    const epochBefore = restored.door("master").readiness().epoch;
    await restored.stopMaster();
    await markAsCopy(restored);
    await restored.startMaster();
    await restored.allReady();
    const { fencingToken } = await restored.take(0, "alice", "after");
    expect(fencingToken).toBeGreaterThan(1_000_000);
    expect(restored.door("master").readiness().epoch).toBeGreaterThan(epochBefore + 1_000_000);
    expect((await restored.readNow(0, "after")).revision).toBeGreaterThan(1_000_000);
  });
});

async function markAsCopy(cell: SimCell): Promise<void> {
  const { journal } = await Journal.open(await cell.disk.open(), silentLog, forNobody);
  await cell.settle(journal.markAsCopy());
  await cell.settle(journal.close());
}

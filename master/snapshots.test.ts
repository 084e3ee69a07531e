import { expect, it } from "vitest";
import { silentLog } from "../shared/ports/log.js";
import { Ground } from "./cell/ground.js";
import { Snapshots } from "./snapshots.js";

/** A life of a master whose state stands at one revision, on a journal whose newest snapshot is of another. */
function life(revision: number, snapshotRevision: number) {
  const ground = new Ground();
  ground.counters.revision = revision;
  const written: number[] = [];
  const journal = { writeSnapshot: async (at: number) => void written.push(at) };
  const snapshots = new Snapshots({ ground, journal, log: silentLog, snapshotRevision });
  const commit = (upTo: number): void => {
    ground.counters.revision = upTo;
    snapshots.afterCommit();
  };
  return { written, commit };
}

it("a snapshot is due after so many commands since the last one", async () => {
  const { written, commit } = life(0, 0);
  commit(19_999);
  expect(written).toEqual([]);
  commit(20_000);
  await Promise.resolve();
  commit(39_999);
  expect(written).toEqual([20_000]);
});

it("those of earlier lives count: a master that is often restarted writes one, too", () => {
  const { written, commit } = life(30_000, 15_000);
  commit(34_999);
  expect(written).toEqual([]);
  commit(35_000);
  expect(written).toEqual([35_000]);
});

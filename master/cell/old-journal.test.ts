import { describe, expect, it } from "vitest";
import { apply } from "./apply.js";
import { acquireOf } from "./cell.fixture.js";
import { Ground } from "./ground.js";
import { OLD_ANSWERS, OLD_RECORDS, OLD_SNAPSHOT } from "./old-journal.fixture.js";
import type { FirstSnapshot } from "./snapshot.js";

function replayed(): { ground: Ground; answers: unknown[] } {
  const ground = new Ground();
  const answers = OLD_RECORDS.map((record, index) => apply(ground, record, index + 1).answer);
  return { ground, answers };
}

describe("a journal from before sessions could hold locks", () => {
  it("replays to the answers that were given then", () => {
    expect(replayed().answers).toEqual(OLD_ANSWERS);
  });

  it("replays to the state that was snapshot then", () => {
    const { ground } = replayed();
    const old = Ground.fromSnapshot(OLD_SNAPSHOT);
    expect(old.toSnapshot()).toEqual(ground.toSnapshot());
    expect(old.lockCounts).toEqual(ground.lockCounts);
    const { counters, coolings, tokens, operations } = OLD_SNAPSHOT;
    expect(ground.toSnapshot()).toMatchObject({ version: 2, counters, coolings, tokens, operations });
    expect(ground.toSnapshot().locks).toMatchObject(OLD_SNAPSHOT.locks);
  });

  it("has locks whose delay still applies to a release, and that still prolong", () => {
    const { ground } = replayed();
    const client = { tokenHash: "alice-hash", newLeaseId: "lease-x", locksPerPrincipal: 100 };
    const at = { timeMs: 2_700, wallMs: 0, client };
    const again = apply(ground, { ...at, command: acquireOf({ name: "d", ttlMs: 90_000 }) }, 100);
    expect(again.answer).toMatchObject({ status: "acquired", leaseId: "lease-7" });
    apply(ground, { ...at, command: { kind: "release", name: "d", leaseId: "lease-7" } }, 101);
    expect(apply(ground, { ...at, command: acquireOf({ name: "d" }) }, 102).answer).toMatchObject({
      status: "delayed",
    });
  });
});

describe("a snapshot", () => {
  it("of a newer program is refused in words, not guessed at", () => {
    const newer = { ...OLD_SNAPSHOT, version: 3 } as unknown as FirstSnapshot;
    expect(() => Ground.fromSnapshot(newer)).toThrow("version 3, which this program does not know");
  });
});

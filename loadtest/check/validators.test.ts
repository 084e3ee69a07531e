import { describe, expect, it } from "vitest";
import { cellHistory, type Mistake } from "./cell-history.fixture.js";
import { brokenFencing } from "./fencing.js";
import { by } from "./lock-history.fixture.js";
import type { LockOperation } from "./lock-operation.js";
import { checkLocks } from "./locks.js";
import { brokenExclusion } from "./mutual-exclusion.js";
import { lostWrites } from "./nothing-lost.js";

const NEVER = Number.POSITIVE_INFINITY;
const [ann, bob] = [by("ann"), by("bob")];
const [annAtB, bobAtB] = [by("ann", "lock/b"), by("bob", "lock/b")];

const VALIDATORS: Record<string, (history: readonly LockOperation[]) => readonly string[]> = {
  fencing: brokenFencing,
  exclusion: brokenExclusion,
  lost: lostWrites,
  locks: (history) => {
    const found = checkLocks(history);
    return found.verdict === "linearizable" ? [] : [found.verdict];
  },
};

describe("P2: brokenFencing", () => {
  it.each<[string, LockOperation[]]>([
    ["rising over all locks", [ann.acquired(1, [0, 1]), bobAtB.acquired(2, [2, 3]), ann.acquired(1, [4, 5])]],
    ["any order of grants made at once", [ann.acquired(2, [0, 5]), bobAtB.acquired(1, [1, 4])]],
    [
      "a grant told of late, to a holder whose first answer was lost",
      [ann.acquired(1, [0, NEVER]), bobAtB.acquired(2, [2, 3]), ann.acquired(1, [4, 5])],
    ],
  ])("accepts tokens %s", (_what, history) => expect(brokenFencing(history)).toStrictEqual([]));

  it("refuses a token below that of an earlier grant of another lock", () => {
    const history = [ann.acquired(5, [0, 1]), annAtB.acquired(6, [0, 9]), bobAtB.acquired(4, [2, 3])];
    expect(brokenFencing(history)).toStrictEqual([
      "The grant of lock/b to bob with token 4 came after The grant of lock/a to ann with token 5, which had been answered before it was asked for.",
    ]);
  });

  it.each<[string, LockOperation[]]>([
    [
      "the largest of several earlier ones",
      [annAtB.acquired(6, [0, 1]), ann.acquired(4, [0, 2]), bob.acquired(5, [3, 4])],
    ],
    [
      "a grant that is told of again later",
      [ann.acquired(5, [0, 1]), bobAtB.acquired(4, [2, 3]), ann.acquired(5, [4, 5])],
    ],
    [
      "an earlier one, whoever else was not answered",
      [annAtB.acquired(9, [0, NEVER]), ann.acquired(5, [1, 2]), bobAtB.acquired(4, [3, 4])],
    ],
  ])("refuses a token below that of %s", (_what, history) => expect(brokenFencing(history)).toHaveLength(1));

  it("refuses one token for two grants, and two for one lease, also at once", () => {
    expect(brokenFencing([ann.acquired(1, [0, 5]), bobAtB.acquired(1, [0, 5])])).toHaveLength(1);
    const again = ann.acquired(2, [6, 7]);
    const twice = { ...again, result: { ...again.result, leaseId: "a-1" } } as LockOperation;
    expect(brokenFencing([ann.acquired(1, [0, 5]), twice])).toHaveLength(1);
  });
});

describe("P1: brokenExclusion", () => {
  const held = ann.acquired(1, [0, 10], { ttlMs: 1_000 });

  it.each<[string, LockOperation[]]>([
    ["after a release was sent", [held, ann.released(1, [20, NEVER]), bob.acquired(2, [21, 22])]],
    ["after the lease, less the drift", [held, bob.acquired(2, [15, 980])]],
    ["after a renewal that brought the end forward", [held, ann.renewed(1, 10, [20, 25]), bob.acquired(2, [26, 40])]],
    ["after such a renewal without answer", [held, ann.renewed(1, 10, [20, NEVER]), bob.acquired(2, [26, 40])]],
    ["of another lock", [held, bobAtB.acquired(2, [20, 30])]],
    ["again", [held, ann.acquired(1, [20, 30])]],
    [
      "by a client whose answer came when its lease was over",
      [ann.acquired(1, [0, 1_000], { ttlMs: 10 }), bob.acquired(2, [500, 600])],
    ],
  ])("accepts a lock taken %s", (_what, history) => expect(brokenExclusion(history)).toStrictEqual([]));

  it.each<[string, LockOperation[]]>([
    ["while it was held", [held, bob.acquired(2, [15, 979])]],
    ["while it was held by a renewal", [held, ann.renewed(1, 1_000, [900, 901]), bob.acquired(2, [990, 991])]],
    [
      "although a shorter renewal was prolonged again",
      [held, ann.renewed(1, 10, [20, 25]), ann.renewed(1, 1_000, [26, 27]), bob.acquired(2, [40, 50])],
    ],
    [
      "although a renewal that would have shortened it was refused",
      [
        held,
        { ...ann.renewalRefused(1, [20, 25]), call: ann.renewed(1, 10, [20, 25]).call },
        bob.acquired(2, [40, 50]),
      ],
    ],
  ])("refuses a lock taken %s", (_what, history) => expect(brokenExclusion(history)).toHaveLength(1));

  it("says who held what, when and by which leases", () => {
    expect(brokenExclusion([held, bob.acquired(2, [15, 20])])).toStrictEqual([
      "ann and bob both held lock/a at 20 ms, by leases a-1 and a-2.",
    ]);
  });
});

describe("P4: lostWrites", () => {
  const held = ann.acquired(1, [0, 1], { metadata: "m" });
  const shows = (metadata: string) => bob.readHeld({ by: "ann", token: 1, metadata }, [100, 101]);
  const set = ann.metadataSet(1, "n", [2, 3]);

  it.each<[string, LockOperation[]]>([
    ["the last of writes one after the other", [held, set, ann.metadataSet(1, "o", [4, 5]), shows("o")]],
    ["either of two writes made at once", [held, set, ann.metadataSet(1, "o", [3, 4]), shows("n")]],
    ["a write without answer", [held, set, ann.metadataSet(1, "o", [4, NEVER]), shows("o")]],
    ["nothing of a write without answer", [held, set, ann.metadataSet(1, "o", [4, NEVER]), shows("n")]],
    ["a write that was under way", [held, set, ann.metadataSet(1, "o", [4, 200]), shows("o")]],
    ["free, after a release", [held, ann.released(1, [2, 3]), bob.readFree([100, 101])]],
    ["free, after expiry", [ann.acquired(1, [0, 1], { ttlMs: 50 }), bob.readFree([100, 101])]],
    ["free, never touched", [annAtB.acquired(1, [0, 1]), bob.readFree([100, 101])]],
    ["a grant whose answer was lost", [ann.acquired(1, [0, NEVER], { metadata: "m" }), shows("m")]],
    [
      "a grant that was told of twice",
      [ann.acquired(1, [0, NEVER], { metadata: "m" }), ann.acquired(1, [2, 3], { shown: "m" }), shows("m")],
    ],
  ])("accepts a read that shows %s", (_what, history) => expect(lostWrites(history)).toStrictEqual([]));

  it.each<[string, LockOperation[], string]>([
    ["metadata from before the last write", [held, set, shows("m")], 'ann: setMetadata "n" → metadataSet'],
    [
      "metadata from before the one but last write",
      [held, set, ann.metadataSet(1, "o", [4, 5]), shows("n")],
      'ann: setMetadata "o" → metadataSet',
    ],
    [
      "a token that was not granted",
      [held, bob.readHeld({ by: "ann", token: 2, metadata: "m" }, [100, 101])],
      "ann was granted it with token 1",
    ],
    ["metadata that nobody wrote", [held, shows("z")], "ann was granted it with token 1"],
    [
      "metadata that was written only later",
      [held, ann.metadataSet(1, "o", [102, 103]), shows("o")],
      "ann was granted it with token 1",
    ],
    ["a lock as free that was granted", [held, bob.readFree([100, 101])], "ann was granted it with token 1"],
    ["a lock as held that was released", [held, ann.released(1, [2, 3]), shows("m")], "ann: release → released"],
    [
      "a lock as free whose release was overtaken by a grant",
      [held, ann.released(1, [2, 3]), ann.acquired(2, [4, 5]), bob.readFree([100, 101])],
      "ann was granted it with token 2",
    ],
  ])("refuses a read that shows %s", (_what, history, lost) => {
    const broken = lostWrites(history);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toContain(`but before that ${lost}.`);
  });
});

describe("on a cell that decides at random times, over a lossy network", () => {
  /** In how many of a hundred histories each validator finds something. */
  async function found(mistake?: Mistake): Promise<Record<string, number>> {
    const counts = Object.fromEntries(Object.keys(VALIDATORS).map((name) => [name, 0]));
    for (let seed = 0; seed < 100; seed++) {
      const history = await cellHistory(seed, mistake);
      for (const [name, validate] of Object.entries(VALIDATORS)) {
        if (validate(history).length > 0) counts[name] = (counts[name] as number) + 1;
      }
    }
    return counts;
  }

  it("all are content with the cell as it is", async () => {
    expect(await found()).toStrictEqual({ fencing: 0, exclusion: 0, lost: 0, locks: 0 });
  });

  it.each<[Mistake, string[]]>([
    ["stale reads", ["lost", "locks"]],
    ["lost writes", ["lost", "locks", "exclusion"]],
    ["tokens that go back", ["fencing", "locks"]],
    ["early expiry", ["exclusion", "locks"]],
  ])("%s are found by %j", async (mistake, finders) => {
    const counts = await found(mistake);
    for (const name of finders)
      expect([name, counts[name]]).toStrictEqual([name, expect.toSatisfy((n: number) => n > 30)]);
  });
});

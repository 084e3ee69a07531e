import { describe, expect, it } from "vitest";
import { isLinearizableByDefinition } from "./brute-force.fixture.js";
import { cellHistory, type Mistake } from "./cell-history.fixture.js";
import { by } from "./lock-history.fixture.js";
import { lockModel, withExpiries } from "./lock-model.js";
import type { LockOperation } from "./lock-operation.js";
import { checkLocks } from "./locks.js";

const NEVER = Number.POSITIVE_INFINITY;
const [ann, bob, cat] = [by("ann"), by("bob"), by("cat")];

describe("accepts what one lock could have done", () => {
  it.each<[string, LockOperation[]]>([
    [
      "a life of a lock",
      [
        ann.readFree([0, 1]),
        ann.acquired(1, [2, 3], { metadata: "m" }),
        bob.heldBy("ann", [4, 5], "m"),
        bob.readHeld({ by: "ann", token: 1, metadata: "m" }, [6, 7]),
        ann.metadataSet(1, "n", [8, 9]),
        ann.acquired(1, [10, 11], { metadata: "asked for in vain", shown: "n" }),
        bob.readHeld({ by: "ann", token: 1, metadata: "n" }, [12, 13]),
        ann.renewed(1, 60_000, [14, 15]),
        ann.released(1, [16, 17]),
        ann.releaseRefused(1, [18, 19]),
        bob.acquired(5, [20, 21]),
        bob.readHeld({ by: "bob", token: 5 }, [22, 23]),
      ],
    ],
    ["two who ask at once", [ann.heldBy("bob", [0, 5]), bob.acquired(1, [0, 5])]],
    [
      "a release that the next holder overtakes",
      [ann.acquired(1, [0, 1]), bob.acquired(2, [2, 9]), ann.released(1, [3, 9]), cat.readFree([4, 8])],
    ],
    [
      "an acquire without answer, seen later",
      [
        ann.acquired(7, [0, NEVER]),
        bob.readFree([1, 2]),
        bob.heldBy("ann", [3, 4]),
        bob.readHeld({ by: "ann", token: 7 }, [5, 6]),
        ann.acquired(7, [7, 8]),
      ],
    ],
    ["an acquire without answer that never was", [ann.acquired(7, [0, NEVER]), bob.acquired(1, [1, 2])]],
    [
      "a release without answer",
      [ann.acquired(1, [0, 1]), ann.released(1, [2, NEVER]), bob.heldBy("ann", [3, 4]), bob.acquired(2, [5, 6])],
    ],
    [
      "metadata set without answer",
      [
        ann.acquired(1, [0, 1]),
        ann.metadataSet(1, "n", [2, NEVER]),
        bob.readHeld({ by: "ann", token: 1 }, [3, 4]),
        bob.readHeld({ by: "ann", token: 1, metadata: "n" }, [5, 6]),
      ],
    ],
    [
      "a grant of an unseen token, and a slow read of the next one to the same holder",
      [
        ann.acquired(7, [0, NEVER]),
        bob.heldBy("ann", [1, 2]),
        cat.readHeld({ by: "ann", token: 9 }, [2, 60_030]),
        bob.readFree([60_000, 60_001]),
        ann.acquired(9, [60_010, 60_020]),
      ],
    ],
    [
      "expiry, once the time to live is over",
      [ann.acquired(1, [0, 1], { ttlMs: 100 }), bob.heldBy("ann", [97, 98]), bob.acquired(2, [98, 99])],
    ],
    [
      "expiry much later",
      [ann.acquired(1, [0, 1], { ttlMs: 100 }), bob.heldBy("ann", [900, 901]), bob.readFree([902, 903])],
    ],
    ["expiry brought forward", [ann.acquired(1, [0, 1]), ann.renewed(1, 10, [2, 3]), bob.readFree([13, 14])]],
    [
      "a closed time after a release, and after an expiry",
      [
        ann.acquired(1, [0, 1], { ttlMs: 100, lockDelayMs: 50 }),
        ann.released(1, [10, 11]),
        bob.delayed([12, 13]),
        bob.readFree([14, 15]),
        ann.acquired(2, [60, 61], { ttlMs: 100, lockDelayMs: 50 }),
        bob.delayed([170, 171]),
        bob.acquired(3, [220, 221]),
      ],
    ],
    [
      "refusals that have nothing to do with the lock",
      [ann.limited([0, 1]), ann.acquired(1, [2, 3]), bob.limited([4, 5])],
    ],
  ])("%s", (_what, history) => expect(checkLocks(history)).toStrictEqual({ verdict: "linearizable" }));
});

describe("refuses what no lock could have done", () => {
  const held = ann.acquired(1, [0, 1], { metadata: "m" });
  const again = ann.acquired(1, [4, 5], { metadata: "m" });

  it.each<[string, LockOperation[]]>([
    ["a stale read of a free lock", [held, bob.readFree([2, 3])]],
    [
      "a stale read of a held lock",
      [held, ann.released(1, [2, 3]), bob.readHeld({ by: "ann", token: 1, metadata: "m" }, [4, 5])],
    ],
    [
      "stale metadata",
      [held, ann.metadataSet(1, "n", [2, 3]), bob.readHeld({ by: "ann", token: 1, metadata: "m" }, [4, 5])],
    ],
    ["a stale answer to an acquire", [held, ann.metadataSet(1, "n", [2, 3]), bob.heldBy("ann", [4, 5], "m")]],
    [
      "new, then old",
      [
        held,
        ann.metadataSet(1, "n", [2, 9]),
        bob.readHeld({ by: "ann", token: 1, metadata: "n" }, [3, 4]),
        cat.readHeld({ by: "ann", token: 1, metadata: "m" }, [5, 6]),
      ],
    ],
    ["a read from the future", [bob.readHeld({ by: "ann", token: 1 }, [0, 1]), ann.acquired(1, [2, 3])]],
    ["two holders", [held, bob.acquired(2, [2, 3])]],
    [
      "two holders, of which one was not answered",
      [ann.acquired(1, [0, NEVER]), cat.heldBy("ann", [1, 2]), bob.acquired(2, [3, 4]), cat.heldBy("ann", [5, 6])],
    ],
    ["a lost release", [held, ann.released(1, [2, 3]), bob.heldBy("ann", [4, 5], "m")]],
    ["a release undone", [held, ann.released(1, [2, NEVER]), bob.readFree([3, 4]), bob.heldBy("ann", [5, 6], "m")]],
    ["a token that goes back", [held, ann.released(1, [2, 3]), bob.acquired(1, [4, 5])]],
    [
      "a token that goes back, seen by a reader",
      [
        ann.acquired(5, [0, 1]),
        ann.released(5, [2, 3]),
        bob.acquired(4, [4, NEVER]),
        cat.readHeld({ by: "bob", token: 4 }, [5, 6]),
      ],
    ],
    ["a token that was not the grant's", [held, bob.readHeld({ by: "ann", token: 2, metadata: "m" }, [2, 3])]],
    ["another holder than was granted", [held, bob.readHeld({ by: "cat", token: 1, metadata: "m" }, [2, 3])]],
    ["a new lease for whom holds already", [held, ann.acquired(2, [2, 3], { metadata: "m" })]],
    [
      "another lease for whom holds already",
      [held, { ...again, result: { ...again.result, leaseId: "a-2" } as never }],
    ],
    ["a second acquire that shows old metadata", [held, ann.metadataSet(1, "n", [2, 3]), again]],
    ["a renewal by a lease that never was", [held, ann.renewed(2, 100, [2, 3])]],
    ["the holder told that it is held", [held, ann.heldBy("ann", [2, 3], "m")]],
    ["a renewal of a lease that is over", [held, ann.released(1, [2, 3]), ann.renewed(1, 100, [4, 5])]],
    ["a renewal by another", [held, bob.renewed(1, 100, [2, 3])]],
    ["a renewal refused to the holder", [held, ann.renewalRefused(1, [2, 3])]],
    ["expiry too early", [ann.acquired(1, [0, 1], { ttlMs: 100 }), bob.readFree([96, 97])]],
    [
      "expiry in spite of a renewal",
      [ann.acquired(1, [0, 1], { ttlMs: 100 }), ann.renewed(1, 100, [50, 51]), bob.acquired(2, [120, 121])],
    ],
    [
      "expiry in spite of a second acquire, which never shortens",
      [ann.acquired(1, [0, 1], { ttlMs: 100 }), ann.acquired(1, [2, 3], { ttlMs: 10 }), bob.readFree([50, 51])],
    ],
    [
      "life after expiry",
      [
        ann.acquired(1, [0, 1], { ttlMs: 100 }),
        bob.readFree([150, 151]),
        bob.readHeld({ by: "ann", token: 1 }, [152, 153]),
      ],
    ],
    [
      "a delay too short",
      [ann.acquired(1, [0, 1], { lockDelayMs: 100 }), ann.released(1, [10, 11]), bob.acquired(2, [50, 51])],
    ],
    ["a delay that nobody asked for", [ann.acquired(1, [0, 1]), ann.released(1, [2, 3]), bob.delayed([4, 5])]],
    ["a delay while it is held", [ann.acquired(1, [0, 1], { lockDelayMs: 100 }), bob.delayed([2, 3])]],
  ])("%s", (_what, history) => expect(checkLocks(history).verdict).toBe("broken"));
});

const MISTAKES: readonly (Mistake | undefined)[] = [
  undefined,
  "stale reads",
  "lost writes",
  "tokens that go back",
  "early expiry",
];

it.each(MISTAKES)("agrees with the definition on short histories of a cell with %s", async (mistake) => {
  for (let seed = 0; seed < 60; seed++) {
    const history = (await cellHistory(seed, mistake)).filter(({ key }) => key === "lock/a").slice(0, 7);
    const expected = isLinearizableByDefinition(lockModel, withExpiries(history)) ? "linearizable" : "broken";
    expect([seed, checkLocks(history).verdict]).toStrictEqual([seed, expected]);
  }
});

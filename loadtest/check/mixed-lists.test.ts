import { describe, expect, it } from "vitest";
import type { Journaled } from "./bounded-stall.js";
import { type ListedLock, type ListRead, readsInLists } from "./list-read.js";
import { by } from "./lock-history.fixture.js";
import { checkLocks } from "./locks.js";
import { mixedLists } from "./mixed-lists.js";
import { commit } from "./true-commit.fixture.js";
import type { TrueCommit } from "./true-commits.js";

type Spot = readonly [name: string, token: number, metadata: string];

const NEVER = Number.POSITIVE_INFINITY;

/** What the disk has: a commit for each revision, of one lock; without a token it is freed. */
const commits = (changes: readonly (Spot | readonly [name: string])[]): TrueCommit[] =>
  changes.map(([name, fencingToken, metadata], at) => {
    const isHeld = fencingToken !== undefined;
    const lock = isHeld
      ? { status: "held" as const, holderId: `of ${name}`, fencingToken, metadata: metadata ?? null }
      : { status: "free" as const, holderId: null, fencingToken: 0, metadata: null };
    const change = { event: isHeld ? "acquired" : "released", lock: { name, expiresAt: null, ...lock } } as const;
    return commit(at + 1, { changes: [change] });
  });

const journaled = (atMs: readonly number[]): Journaled[] =>
  atMs.map((at, index) => ({ life: 1, key: "", revision: index + 1, atMs: at }));

const list = (spots: readonly Spot[], [from, until]: readonly [number, number], prefix = ""): ListRead => ({
  process: "ann",
  key: `list/${prefix}`,
  call: { kind: "list", prefix },
  result: until === NEVER ? undefined : spots.map(shown),
  ...{ invokedAtMs: from, returnedAtMs: until },
});

const shown = ([name, fencingToken, metadata]: Spot): ListedLock => ({
  ...{ name, holderId: `of ${name}` },
  ...{ fencingToken, metadata },
});

const A1 = ["a/x", 1, "1"] as const;
const A2 = ["a/x", 1, "2"] as const;
const B1 = ["b/y", 2, "1"] as const;
const B2 = ["b/y", 2, "2"] as const;
/** `a/x` changes before `b/y` does, and is freed last. */
const DISK = commits([A1, B1, A2, B2, ["a/x"]]);
const TIMES = journaled([10, 20, 30, 40, 50]);

describe("P3: mixedLists", () => {
  it.each<[string, ListRead[]]>([
    ["nothing before there was anything", [list([], [0, 100])]],
    ["the state of each revision", [list([A1], [11, 12]), list([B1, A1], [21, 22]), list([A2, B2], [41, 42])]],
    ["what is left of it in the end", [list([B2], [51, 52])]],
    ["what is under a prefix only", [list([B1], [21, 22], "b/"), list([B1], [31, 32], "b/"), list([], [51, 52], "a/")]],
    ["two states, if they were asked for at once", [list([A2, B1], [25, 45]), list([A1, B1], [25, 45])]],
    ["anything to nobody", [list([["a/x", 7, "7"]], [0, NEVER])]],
  ])("accepts lists that show %s", (_what, lists) => expect(mixedLists(lists, DISK, TIMES)).toEqual([]));

  it.each<[string, ListRead[], string]>([
    ["parts of two states", [list([A1, B2], [0, 100])], "was at no revision"],
    ["a lock too few", [list([A2], [0, 100])], "was at no revision"],
    ["what was never on disk", [list([["a/x", 9, "1"]], [0, 100])], "was at no revision"],
    ["what was journaled afterwards", [list([A2, B1], [21, 29])], "was at other times only"],
    ["less than an earlier one had", [list([A2, B2], [45, 46]), list([A2, B1], [47, 48])], "was at other times only"],
    ["less under another prefix", [list([B2], [41, 42], "b/"), list([A2, B1], [43, 44])], "was at other times only"],
  ])("refuses lists that show %s", (_what, lists, why) => {
    const broken = mixedLists(lists, DISK, TIMES);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toContain(why);
  });
});

describe("P3: readsInLists", () => {
  const ann = by("of a/x", "lock/a/x");
  const history = [ann.acquired(1, [0, 1], { metadata: "1" }), ann.metadataSet(1, "2", [10, 20])];
  const verdict = (lists: readonly ListRead[]): string =>
    checkLocks([...history, ...readsInLists(lists, history)]).verdict;

  it("accepts lists as fresh as a read of each lock", () => {
    expect(verdict([list([A1], [2, 3]), list([A1], [11, 12]), list([A2], [13, 14]), list([A2], [21, 22])])).toBe(
      "linearizable",
    );
    expect(verdict([list([], [21, 22], "b/")])).toBe("linearizable");
  });

  it.each<[string, ListRead]>([
    ["the past", list([A1], [21, 22])],
    ["the future", list([A2], [5, 6])],
    ["a held lock as free", list([], [21, 22], "a/")],
  ])("refuses one that shows %s", (_what, one) => expect(verdict([one])).toBe("broken"));
});

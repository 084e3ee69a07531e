import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLinearizableByDefinition } from "./brute-force.fixture.js";
import { checkLinearizable } from "./linearizable.js";
import { type RegisterOperation, read, register, write } from "./register.fixture.js";

const NEVER = Number.POSITIVE_INFINITY;

const verdictOf = (history: readonly RegisterOperation[]): string => checkLinearizable(register, history).verdict;

describe("accepts what one register could have done", () => {
  it.each<[string, RegisterOperation[]]>([
    ["nothing", []],
    [
      "one thing after the other",
      [write("a", 1, [0, 1]), read("b", 1, [2, 3]), write("a", 2, [4, 5]), read("b", 2, [6, 7])],
    ],
    ["a read beside a write, before it", [write("a", 1, [0, 9]), read("b", 0, [1, 2])]],
    ["a read beside a write, after it", [write("a", 1, [0, 9]), read("b", 1, [1, 2]), read("b", 1, [3, 4])]],
    [
      "two writes at once, in the order of neither call",
      [write("a", 1, [0, 9]), write("b", 2, [1, 8]), read("c", 1, [10, 11])],
    ],
    ["a call in the instant of a return", [write("a", 1, [0, 1]), read("b", 0, [1, 2])]],
    ["an unknown write that took effect", [write("a", 1, [0, NEVER]), read("b", 0, [1, 2]), read("b", 1, [3, 4])]],
    ["an unknown write that never did", [write("a", 1, [0, NEVER]), read("b", 0, [1, 2]), read("b", 0, [3, 4])]],
    [
      "an unknown write long after its call",
      [write("a", 1, [0, NEVER]), write("b", 2, [1, 2]), read("b", 2, [3, 4]), read("b", 1, [5, 6])],
    ],
  ])("%s", (_what, history) => expect(verdictOf(history)).toBe("linearizable"));

  it("each key by itself", () => {
    const other = { ...read("b", 0, [2, 3]), key: "y" };
    expect(verdictOf([write("a", 1, [0, 1]), other])).toBe("linearizable");
  });
});

describe("refuses what no register could have done", () => {
  it.each<[string, RegisterOperation[]]>([
    ["a stale read", [write("a", 1, [0, 1]), read("b", 0, [2, 3])]],
    ["a lost write", [write("a", 1, [0, 1]), read("b", 1, [2, 3]), read("b", 0, [4, 5])]],
    ["a read from the future", [read("b", 1, [0, 1]), write("a", 1, [2, 3])]],
    ["a read of what nobody wrote", [write("a", 1, [0, 9]), read("b", 7, [1, 2])]],
    ["new, then old, beside one write", [write("a", 1, [0, 9]), read("b", 1, [1, 2]), read("c", 0, [3, 4])]],
    [
      "two readers who disagree on the order of two writes",
      [
        write("a", 1, [0, 9]),
        write("b", 2, [0, 9]),
        read("c", 1, [1, 2]),
        read("c", 2, [3, 4]),
        read("d", 2, [1, 2]),
        read("d", 1, [3, 4]),
        read("c", 2, [5, 6]),
        read("d", 1, [7, 8]),
        read("c", 2, [10, 11]),
        read("d", 1, [12, 13]),
      ],
    ],
    ["an unknown write that took effect before its call", [read("b", 1, [0, 1]), write("a", 1, [2, NEVER])]],
    [
      "an unknown write that took effect and was undone",
      [write("a", 1, [0, NEVER]), read("b", 1, [1, 2]), read("b", 0, [3, 4])],
    ],
  ])("%s", (_what, history) => expect(verdictOf(history)).toBe("broken"));

  it("one broken key among good ones, and says which", () => {
    const good = [write("a", 1, [0, 1]), read("b", 1, [2, 3])].map((operation) => ({ ...operation, key: "y" }));
    const broken = [write("a", 1, [0, 1]), read("b", 0, [2, 3])];
    expect(checkLinearizable(register, [...good, ...broken])).toMatchObject({ verdict: "broken", key: "x" });
  });
});

it("explains a refusal by the longest order, what cannot follow, and a picture", () => {
  const history = [
    write("ann", 1, [0, 10]),
    write("bob", 2, [20, NEVER]),
    read("cecilia", 2, [30, 40]),
    read("ann", 0, [35, 50]),
  ];
  expect(checkLinearizable(register, history)).toMatchObject({ verdict: "broken" });
  const { explanation } = checkLinearizable(register, history) as { explanation: string };
  expect(explanation.split("\n")).toStrictEqual([
    "No order explains what the clients of x saw. The longest that does as far as it goes:",
    "  ann: write 1",
    "  bob: write 2",
    "  cecilia: read → 2",
    "The state is then 2, and one of these would have to come next, but none can:",
    "  ann: read → 0",
    "When each was called and answered:",
    "  ann      |-----|                                      write 1",
    "  bob                  |----------------------------->  write 2",
    "  cecilia                    |-----------|              read → 2",
    "  ann                              |-----------|        read → 0",
  ]);
});

it("explains the attempt that came farthest, not the first", () => {
  const writes = [write("a", 1, [0, 9]), write("b", 2, [1, 9])];
  const history = [...writes, read("c", 1, [10, 11]), read("c", 7, [12, 13])];
  expect(checkLinearizable(register, history)).toMatchObject({
    explanation: expect.stringContaining("  b: write 2\n  a: write 1\n  c: read → 1\nThe state is then 1,"),
  });
});

it("says that it gave up when the search is too long", () => {
  const writes = Array.from({ length: 12 }, (_, at) => write(`w${at}`, at + 1, [0, NEVER]));
  const history = [...writes, read("r", 99, [1, 2])];
  expect(checkLinearizable(register, history, { stepsMax: 100 })).toStrictEqual({
    verdict: "undecided",
    key: "x",
    steps: expect.any(Number),
    explanation: expect.stringContaining("The search was given up before it was known"),
  });
  expect(verdictOf(history)).toBe("broken");
});

it("does not lose itself among many calls without answer", () => {
  const unanswered = Array.from({ length: 40 }, (_, at) => write(`w${at}`, at + 1, [at, NEVER]));
  const history = [...unanswered, read("r", 7, [50, 51]), read("r", 3, [52, 53]), read("r", 99, [54, 55])];
  expect(checkLinearizable(register, history, { stepsMax: 100_000 }).verdict).toBe("broken");
});

it("does not lose itself among many writers", () => {
  const writes = Array.from({ length: 12 }, (_, at) => write(`w${at}`, at + 1, [at, 20]));
  expect(checkLinearizable(register, [...writes, read("r", 99, [30, 31])], { stepsMax: 1_000_000 }).verdict).toBe(
    "broken",
  );
});

it("does not lose itself among many readers", () => {
  const readers = Array.from({ length: 30 }, (_, at) => read(`r${at}`, at % 3, [at, 100 + at]));
  const unanswered = readers.map((each) => ({ ...each, result: undefined, returnedAtMs: NEVER }));
  const history = [
    write("a", 1, [0, 300]),
    write("b", 2, [0, 300]),
    ...readers,
    ...unanswered,
    read("c", 0, [200, 201]),
  ];
  expect(checkLinearizable(register, history, { stepsMax: 100_000 }).verdict).toBe("broken");
});

it("judges a long history of many clients", () => {
  const history: RegisterOperation[] = [];
  for (let at = 0; at < 5_000; at++) {
    history.push(write("w", at, [at * 10, at * 10 + 9]));
    for (let client = 0; client < 4; client++) {
      history.push(read(`r${client}`, client < 2 ? Math.max(0, at - 1) : at, [at * 10 + client, at * 10 + client + 4]));
    }
  }
  expect(verdictOf(history)).toBe("linearizable");
});

/** Times from a small range, so that operations overlap, touch and follow each other in every way. */
const operation = fc
  .record({
    process: fc.constantFrom("a", "b", "c"),
    value: fc.nat(2),
    isWrite: fc.boolean(),
    invokedAtMs: fc.nat(8),
    lastsMs: fc.nat(5),
    isKnown: fc.integer({ min: 0, max: 4 }).map((chance) => chance > 0),
  })
  .map(({ process, value, isWrite, invokedAtMs, lastsMs, isKnown }): RegisterOperation => {
    const returnedAtMs = isKnown ? invokedAtMs + lastsMs : NEVER;
    return isWrite
      ? write(process, value, [invokedAtMs, returnedAtMs])
      : read(process, value, [invokedAtMs, invokedAtMs + lastsMs]);
  });

it("agrees with the definition on any small history", () => {
  const seen = { linearizable: 0, broken: 0 };
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 6 }), (history) => {
      const expected = isLinearizableByDefinition(register, history) ? "linearizable" : "broken";
      seen[expected]++;
      expect(verdictOf(history)).toBe(expected);
    }),
    { numRuns: 5_000, seed: 20_301 },
  );
  expect(Math.min(seen.linearizable, seen.broken)).toBeGreaterThan(500);
});

import { describe, expect, it } from "vitest";
import { brokenCellTime } from "./cell-time.js";
import { commit } from "./true-commit.fixture.js";

/** Commands with what the cell's time was, and when that was; null: nobody knows. */
function broken(commands: readonly (readonly [timeMs: number, atMs: number | null])[]): string[] {
  const commits = commands.map(([timeMs], at) => commit(at + 1, { timeMs }));
  const journaled = commands.flatMap(([, atMs], at) =>
    atMs === null ? [] : [{ life: 1, key: "", revision: at + 1, atMs }],
  );
  const lives = [
    { life: 1, fromMs: 0, untilMs: 1_000 },
    { life: 2, fromMs: 5_000, untilMs: Number.POSITIVE_INFINITY },
  ];
  return brokenCellTime(commits, journaled, lives);
}

describe("T2: brokenCellTime", () => {
  it.each<[string, (readonly [number, number | null])[]]>([
    [
      "goes on as clocks do",
      [
        [10, 10],
        [510, 500],
        [1_000, 1_000],
      ],
    ],
    [
      "stands still while there is no master",
      [
        [900, 900],
        [1_010, 5_010],
        [1_500, 5_500],
      ],
    ],
    [
      "stands still for longer than that",
      [
        [900, 900],
        [900, 5_010],
        [900, 9_500],
      ],
    ],
    [
      "is known where the instant is not",
      [
        [900, 900],
        [900, null],
        [1_000, 5_010],
      ],
    ],
  ])("accepts a time that %s", (_what, commands) => expect(broken(commands)).toEqual([]));

  it.each<[string, (readonly [number, number | null])[], string]>([
    [
      "goes back",
      [
        [900, 900],
        [899, 950],
      ],
      "went back to 899 ms from 900 ms",
    ],
    [
      "goes back where the instant is not known",
      [
        [900, 900],
        [899, null],
      ],
      "went back to 899 ms from 900 ms",
    ],
    [
      "goes on without a master",
      [
        [900, 900],
        [1_400, 5_010],
      ],
      "went on by 500 ms while there was a master for 110 ms",
    ],
    [
      "is too fast",
      [
        [0, 0],
        [600, 500],
      ],
      "went on by 600 ms while there was a master for 500 ms",
    ],
    [
      "was too fast for several commands",
      [
        [0, 0],
        [600, null],
        [600, 500],
      ],
      "went on by 600 ms",
    ],
  ])("refuses a time that %s", (_what, commands, what) => {
    const told = broken(commands);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(what);
  });
});

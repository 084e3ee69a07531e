import { describe, expect, it } from "vitest";
import { Round } from "./round.js";

function visited<T>(round: Round<T>): T[] {
  const seen: T[] = [];
  round.step((value) => seen.push(value));
  return seen;
}

describe("a walk round", () => {
  it("comes to all, a few at a step, and begins again", () => {
    const round = new Round(new Set(["a", "b", "c", "d", "e"]), 2);
    const steps = Array.from({ length: 4 }, () => visited(round));
    expect(steps).toEqual([
      ["a", "b"],
      ["c", "d"],
      ["e", "a"],
      ["b", "c"],
    ]);
  });

  it("visits nobody twice at a step", () => {
    const round = new Round(new Set(["a", "b", "c"]), 100);
    expect(visited(round)).toEqual(["a", "b", "c"]);
    expect(visited(round)).toEqual(["a", "b", "c"]);
  });

  it("goes on when values come and go", () => {
    const all = new Map<string, string>();
    const round = new Round(all, 2);
    expect(visited(round)).toEqual([]);
    for (const name of "abcd") all.set(name, name);
    round.step((name) => all.delete(name));
    expect([...all.keys()]).toEqual(["c", "d"]);
    all.delete("c");
    all.set("e", "e");
    expect(visited(round)).toEqual(["d", "e"]);
    all.clear();
    expect(visited(round)).toEqual([]);
  });
});

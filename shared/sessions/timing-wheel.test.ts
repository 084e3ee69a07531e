import { describe, expect, it } from "vitest";
import { TimingWheel } from "./timing-wheel.js";

const item = (name: string) => ({ name, slot: 0 });

describe("a timing wheel", () => {
  it("gives what is due, not before its time, in slots", () => {
    const wheel = new TimingWheel<ReturnType<typeof item>>(100);
    const [a, b, c] = [item("a"), item("b"), item("c")];
    wheel.put(a, 1_001, 900);
    wheel.put(b, 1_200, 900);
    wheel.put(c, 1_150, 900);
    wheel.remove(c);
    expect(wheel.takeDue(1_099, 9)).toEqual([]);
    expect(wheel.takeDue(1_100, 9)).toEqual([a]);
    expect(wheel.takeDue(5_000, 9)).toEqual([b]);
    expect(wheel.isEmpty).toBe(true);
  });

  it("gives what was put in late at the next look, and the rest of very many at the one after", () => {
    const wheel = new TimingWheel<ReturnType<typeof item>>(100);
    wheel.takeDue(5_000, 9);
    const late = ["a", "b", "c"].map(item);
    for (const one of late) wheel.put(one, 1_000, 5_000);
    expect([wheel.takeDue(5_100, 2), wheel.takeDue(5_100, 2)]).toEqual([late.slice(0, 2), late.slice(2)]);
  });

  it("does not walk through the time in which it was empty", () => {
    const wheel = new TimingWheel<ReturnType<typeof item>>(1);
    const one = item("a");
    wheel.put(one, 1e12, 1e12 - 5);
    expect(wheel.takeDue(1e12, 9)).toEqual([one]);
  });
});

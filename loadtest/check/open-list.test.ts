import fc from "fast-check";
import { expect, it } from "vitest";
import { NONE, OpenList } from "./open-list.js";

function numbersOf(list: OpenList): number[] {
  const numbers: number[] = [];
  for (let at = list.first(); at !== NONE; at = list.after(at)) numbers.push(at);
  return numbers;
}

it("lists what is open in order, and puts back in the opposite order", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(Array.from({ length: 40 }, (_, at) => at)), (takes) => {
      const list = new OpenList(40);
      const before = takes.map((at) => {
        const open = numbersOf(list);
        list.take(at);
        expect(numbersOf(list)).toStrictEqual(open.filter((other) => other !== at));
        return open;
      });
      for (const at of takes.toReversed()) {
        list.putBack(at);
        expect(numbersOf(list)).toStrictEqual(before.pop());
      }
    }),
  );
});

it("has equal keys for equal sets and for no others, however one came there", () => {
  const list = new OpenList(40);
  const setsByKey = new Map<string, string>();
  const step = fc.oneof(fc.nat(39), fc.constant("back" as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const taken: number[] = [];
      const back = (): void => list.putBack(taken.pop() as number);
      for (const at of steps) {
        if (at === "back") {
          if (taken.length > 0) back();
        } else if (!taken.includes(at)) {
          taken.push(at);
          list.take(at);
        }
        const set = taken.toSorted((a, b) => a - b).join(" ");
        expect(setsByKey.get(list.key()) ?? set).toBe(set);
        setsByKey.set(list.key(), set);
      }
      while (taken.length > 0) back();
    }),
  );
  expect(new Set(setsByKey.values()).size).toBe(setsByKey.size);
});

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

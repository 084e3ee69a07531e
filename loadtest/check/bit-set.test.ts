import fc from "fast-check";
import { expect, it } from "vitest";
import { BitSet } from "./bit-set.js";

it("has equal keys for equal sets and for no others, however one came there", () => {
  const keysBySet = new Map<string, string>();
  const setsByKey = new Map<string, string>();
  const inOrder = Array.from({ length: 40 }, (_, at) => at);
  fc.assert(
    fc.property(fc.nat(40), fc.array(fc.nat(39), { maxLength: 40 }), (begun, more) => {
      const bits = new BitSet(40);
      const members = new Set<number>();
      for (const at of [...inOrder.slice(0, begun), ...more]) {
        bits.flip(at);
        if (!members.delete(at)) members.add(at);
        const set = [...members].sort((a, b) => a - b).join(" ");
        expect(setsByKey.get(bits.key()) ?? set).toBe(set);
        expect(keysBySet.get(set) ?? bits.key()).toBe(bits.key());
        setsByKey.set(bits.key(), set);
        keysBySet.set(set, bits.key());
      }
    }),
  );
});

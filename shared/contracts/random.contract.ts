import { beforeEach, describe, expect, it } from "vitest";
import type { Random } from "../ports/random.js";

const DRAWS = 20_000;
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What every `Random` does. */
export function randomContract(name: string, makeRandom: () => Random): void {
  describe(`the contract of randomness: ${name}`, () => {
    let random: Random;
    beforeEach(() => {
      random = makeRandom();
    });

    it.each([0, 1, 3, 16, 32, 8192, 20_000])("gives %i bytes as lower-case hex", (bytes) => {
      expect(random.hex(bytes)).toMatch(/^[0-9a-f]*$/);
      expect(random.hex(bytes)).toHaveLength(2 * bytes);
    });

    it("does not repeat itself", () => {
      expect(new Set(draws(() => random.hex(16))).size).toBe(DRAWS);
      expect(new Set(draws(() => random.uuid())).size).toBe(DRAWS);
      expect(new Set(draws(() => random.fraction())).size).toBeGreaterThan(DRAWS - 10);
    });

    it("gives every hex digit at every place about equally often", () => {
      const values = draws(() => random.hex(4));
      for (let place = 0; place < 8; place++)
        expectEven(
          values.map((value) => value.charAt(place)),
          16,
        );
    });

    it("gives UUIDs of version 4, every part of them random", () => {
      const values = draws(() => random.uuid());
      for (const value of values) expect(value).toMatch(UUID_V4);
      for (const place of [0, 9, 15, 20, 24, 35])
        expectEven(
          values.map((value) => value.charAt(place)),
          16,
        );
      expectEven(
        values.map((value) => value.charAt(19)),
        4,
      );
    });

    it("gives fractions from 0 to below 1, about equally often", () => {
      const values = draws(() => random.fraction());
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThan(1);
      expectEven(
        values.map((value) => String(Math.floor(value * 10))),
        10,
      );
    });
  });
}

function draws<T>(draw: () => T): T[] {
  return Array.from({ length: DRAWS }, draw);
}

/** Each of `kinds` values within a quarter of its share, over six standard deviations here. */
function expectEven(values: string[], kinds: number): void {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const share = values.length / kinds;
  expect(counts.size).toBe(kinds);
  for (const count of counts.values()) expect(Math.abs(count - share)).toBeLessThan(share / 4);
}

import fc from "fast-check";
import { expect, it } from "vitest";
import { Position } from "./position.js";

const NAMES = ["a", "b", "c"];

it("wherever the connection ends, every event is told, once and in order", () => {
  const commits = fc.array(fc.subarray(NAMES, { minLength: 1 }), { maxLength: 12 });
  fc.assert(
    fc.property(commits, fc.array(fc.nat(6), { maxLength: 12 }), (log, lives) => {
      const events = log.flatMap((names, at) => names.map((name) => ({ revision: at + 1, name })));
      const position = new Position();
      position.completed(0);
      const told: typeof events = [];
      for (const life of [...lives, events.length + 1]) {
        const after = position.after ?? 0;
        const again = events.filter(({ revision }) => revision > after).slice(0, life);
        told.push(...again.filter(({ revision, name }) => position.isNews(revision, name)));
      }
      expect(told).toEqual(events);
    }),
  );
});

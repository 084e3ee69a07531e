import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../ports/clock.js";

/** A clock, and a way to let its time pass. */
export interface ClockWorld {
  readonly clock: Clock;
  /** Lets at least this much time pass, with all that happens in it. */
  pass(durationMs: number): Promise<void>;
  end?(): void;
}

const YEAR_2020_MS = 1_577_836_800_000;
const LONGER_THAN_32_BITS_MS = 2 ** 31 + 1;

/** What every `Clock` does. */
export function clockContract(name: string, makeWorld: () => ClockWorld): void {
  describe(`the contract of a clock: ${name}`, () => {
    let world: ClockWorld;
    let clock: Clock;
    beforeEach(() => {
      world = makeWorld();
      clock = world.clock;
    });
    afterEach(() => world.end?.());

    it("goes on, and never back", async () => {
      let lastMs = clock.monotonicMs();
      for (let i = 0; i < 5; i++) {
        await world.pass(2);
        expect(clock.monotonicMs()).toBeGreaterThan(lastMs);
        lastMs = clock.monotonicMs();
      }
    });

    it("shows wall time in milliseconds since 1970", async () => {
      const beforeMs = clock.wallMs();
      await world.pass(20);
      expect(beforeMs).toBeGreaterThan(YEAR_2020_MS);
      expect(clock.wallMs()).toBeGreaterThan(beforeMs);
    });

    it("never fires a timer early", async () => {
      const earlyMs: number[] = [];
      for (let i = 0; i < 40; i++) {
        const delayMs = i * 0.7;
        const dueMs = clock.monotonicMs() + delayMs;
        clock.after(delayMs, () => earlyMs.push(dueMs - clock.monotonicMs()));
      }
      await world.pass(80);
      expect(earlyMs).toHaveLength(40);
      expect(Math.max(...earlyMs)).toBeLessThanOrEqual(0);
    });

    it("fires a timer once, and not while it is being set", async () => {
      await world.pass(10);
      const setMs = clock.monotonicMs();
      const firedMs: number[] = [];
      clock.after(0, () => firedMs.push(clock.monotonicMs()));
      clock.after(-5, () => firedMs.push(clock.monotonicMs()));
      expect(firedMs).toEqual([]);
      await world.pass(30);
      expect(firedMs).toHaveLength(2);
      expect(Math.min(...firedMs)).toBeGreaterThanOrEqual(setMs);
    });

    it("fires the shorter of two timers first", async () => {
      const order: string[] = [];
      clock.after(30, () => order.push("long"));
      clock.after(5, () => order.push("short"));
      await world.pass(60);
      expect(order).toEqual(["short", "long"]);
    });

    it("fires timers that are set by timers", async () => {
      let fired = false;
      clock.after(1, () =>
        clock.after(1, () => {
          fired = true;
        }),
      );
      await world.pass(40);
      expect(fired).toBe(true);
    });

    it("does not fire a cancelled timer, not even one that is due", async () => {
      let fired = 0;
      const count = () => {
        fired += 1;
      };
      clock.after(5, count).cancel();
      const second = { cancel: () => {} };
      clock.after(5, () => second.cancel());
      const secondTimer = clock.after(5, count);
      second.cancel = () => secondTimer.cancel();
      await world.pass(40);
      expect(fired).toBe(0);
    });

    it("lets a timer be cancelled twice, and after it has fired", async () => {
      let fired = 0;
      const timer = clock.after(1, () => {
        fired += 1;
        timer.cancel();
      });
      await world.pass(20);
      timer.cancel();
      timer.cancel();
      expect(fired).toBe(1);
    });

    it("does not fire early a timer of weeks", async () => {
      let fired = false;
      const timer = clock.after(LONGER_THAN_32_BITS_MS, () => {
        fired = true;
      });
      await world.pass(20);
      timer.cancel();
      expect(fired).toBe(false);
    });

    it("calls back after the turn, when the promises of the turn are done", async () => {
      const order: string[] = [];
      clock.afterTurn(() => order.push("after the turn"));
      clock.afterTurn(() => order.push("in order"));
      void Promise.resolve()
        .then(() => order.push("promise"))
        .then(() => order.push("chained promise"));
      order.push("present code");
      await world.pass(10);
      expect(order).toEqual(["present code", "promise", "chained promise", "after the turn", "in order"]);
    });
  });
}

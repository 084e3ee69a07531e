import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../shared/adapters/system-clock.js";
import { until } from "../../shared/contracts/until.fixture.js";
import { type Child, startChild } from "../cluster/child.js";
import { Cleanup } from "../cluster/cleanup.js";
import { Mortal } from "./mortal.js";

/** It counts, and ends in good order when it is asked to. */
const COUNTER = `
process.on("SIGTERM", () => process.exit(0));
let count = 0;
setInterval(() => console.log(String(++count)), 5);
`;
const LONG_MS = 60_000;

let cleanup: Cleanup;
let mishaps: string[];
beforeEach(() => {
  cleanup = new Cleanup();
  mishaps = [];
});
afterEach(() => cleanup.run());

function mortal(source = COUNTER, farewell?: (child: Child) => Promise<void>): Mortal {
  const program = {
    name: "counter",
    exitCodes: [0],
    ...(farewell && { farewell }),
    launch: () => startChild("counter", process.execPath, ["-e", source]),
    isUp: async (): Promise<true | undefined> => (count(subject) > 0 ? true : undefined),
  };
  const subject: Mortal = new Mortal({ program, clock: systemClock, cleanup, onMishap: (what) => mishaps.push(what) });
  return subject;
}

const count = ({ child }: Mortal): number => Number(child?.tail().split("\n").at(-1) ?? 0);

describe("a process that may be killed", () => {
  it("is another one afterwards", async () => {
    const subject = mortal();
    await subject.start();
    const first = subject.child?.pid;
    await subject.kill(10);
    const second = subject.child?.pid;
    await subject.restart(10);
    expect(new Set([first, second, subject.child?.pid]).size).toBe(3);
    expect(mishaps).toEqual([]);
  });

  it("is heard before it is killed, and may stand still in between", async () => {
    const heard: string[] = [];
    const subject = mortal(COUNTER, async (child) => void heard.push(`${child.pid}`));
    await subject.start();
    const { pid, process: first } = subject.child as NonNullable<typeof subject.child>;
    const killed = subject.kill(0, LONG_MS);
    await until(() => heard.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect({ heard, signal: first.signalCode, ends: subject.ends }).toEqual({
      heard: [`${pid}`],
      signal: null,
      ends: [],
    });
    await subject.heal();
    await killed;
    expect(first.signalCode).toBe("SIGKILL");
    expect(subject.ends).toHaveLength(1);
  });

  it("is renewed also when it was healed", async () => {
    const subject = mortal();
    await subject.start();
    const first = subject.child?.pid;
    await subject.heal();
    await subject.renew();
    expect(subject.child?.pid).not.toBe(first);
    expect(mishaps).toEqual([]);
  });

  it("that does not end in good order is told of", async () => {
    const subject = mortal(COUNTER.replace("exit(0)", "exit(1)"));
    await subject.start();
    await subject.restart(0);
    expect(mishaps).toEqual([expect.stringContaining("counter was asked to stop and ended with exit code 1")]);
  });

  it("stands still while it is stopped, and goes on when it is healed", async () => {
    const subject = mortal();
    await subject.start();
    const pause = subject.pause(LONG_MS);
    const still = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return count(subject);
    };
    await still();
    const stopped = await still();
    expect(await still()).toBe(stopped);
    await subject.heal();
    await pause;
    await until(() => count(subject) > stopped);
  });

  it("comes back at once when it is healed while it is down, and is not harmed any more", async () => {
    const subject = mortal();
    await subject.start();
    const first = subject.child;
    void subject.kill(LONG_MS);
    void subject.kill(LONG_MS);
    await first?.gone;
    await subject.heal();
    expect(count(subject)).toBeGreaterThan(0);
    await cleanup.run();
    expect(subject.child).toBeUndefined();
  });

  it("is ended for good also while it is stopped", async () => {
    const subject = mortal();
    await subject.start();
    const { gone } = subject.child as NonNullable<typeof subject.child>;
    void subject.pause(LONG_MS);
    await cleanup.run();
    expect(await gone).toBe("was ended by SIGKILL");
  });

  it("does not outlive its end, though it was just being started", async () => {
    const subject = mortal();
    const starting = subject.start();
    const ended = subject.end();
    await expect(starting).rejects.toThrow("counter was ended");
    await ended;
    expect(subject.child).toBeUndefined();
  });

  it("is told of if it ends by itself", async () => {
    const subject = mortal(`${COUNTER}; setTimeout(() => { throw new Error("it broke"); }, 300);`);
    await subject.start();
    await until(() => mishaps.length > 0);
    expect(mishaps[0]).toMatch(/^counter ended with exit code 1 by itself:[\s\S]*it broke/);
  });
});

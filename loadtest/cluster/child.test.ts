import { describe, expect, it } from "vitest";
import { startChild, whileAlive } from "./child.js";
import { Cleanup, withCleanup } from "./cleanup.js";
import { freePorts } from "./free-port.js";
import { eventually, within } from "./within.js";

const node = (name: string, program: string) => startChild(name, process.execPath, ["-e", program]);
const never = new Promise<never>(() => {});

describe("a process that we started", () => {
  it("is gone when the work is over, also if the work failed", async () => {
    let gone: Promise<string> | undefined;
    const work = withCleanup(async (cleanup) => {
      const child = await node("idler", "setInterval(() => {}, 1000)");
      cleanup.add(() => child.stop());
      gone = child.gone;
      throw new Error("the work failed");
    });
    await expect(work).rejects.toThrow("the work failed");
    expect(await gone).toBe("was ended by SIGTERM");
  });

  it("tells its last words to whoever waits for it", async () => {
    const child = await node("talker", "for (let i = 0; i < 50; i++) console.error('line ' + i); process.exitCode = 3");
    const waiting = whileAlive(child, never);
    await expect(waiting).rejects.toThrow(/^talker ended with exit code 3\./);
    expect(child.tail()).toMatch(/line 49$/);
    expect(child.tail()).not.toContain("line 5\n");
  });

  it("is said to be missing if it cannot be started", async () => {
    await expect(startChild("nobody", "/nowhere/nobody", [])).rejects.toThrow("nobody could not be started");
  });
});

describe("waiting", () => {
  it("is bounded", async () => {
    await expect(within(10, never, "it did not come")).rejects.toThrow("it did not come within 0.01 s.");
    await expect(eventually(10, async () => undefined, "it did not come")).rejects.toThrow("it did not come");
  });
});

describe("clean-up", () => {
  it("undoes everything once, the last thing first, whatever fails", async () => {
    const undone: number[] = [];
    const cleanup = new Cleanup();
    for (const step of [1, 2, 3]) {
      cleanup.add(async () => {
        undone.push(step);
        if (step === 2) throw new Error("expected by this test");
      });
    }
    await Promise.all([cleanup.run(), cleanup.run()]);
    expect(undone).toEqual([3, 2, 1]);
  });
});

describe("free ports", () => {
  it("come in a row", async () => {
    const first = await freePorts(2);
    expect(first).toBeGreaterThan(1_023);
    expect(first).toBeLessThan(65_535);
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SimClock } from "../shared/sim/sim-clock.js";
import { keepRunning, type Running } from "./lifetime.js";
import type { Terminal } from "./terminal.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const never = new Promise<never>(() => {});

let clock: SimClock;
let heard: string[];
let terminal: Terminal;
beforeEach(() => {
  clock = new SimClock();
  heard = [];
  terminal = {
    say: (text) => heard.push(text) > 0,
    complain: (text) => void heard.push(`! ${text}`),
    paint: (_style, text) => text,
    columns: 80,
  };
});
afterEach(() => {
  for (const signal of SIGNALS) process.removeAllListeners(signal);
});

function running(parts: Partial<Running> = {}): Running {
  return { hangUp: async () => "stay", stop: async () => void heard.push("stopped"), ...parts };
}

describe("what is kept running", () => {
  it("ends with 0 when it was asked to stop", async () => {
    const code = keepRunning(clock, terminal, async () => running());
    process.emit("SIGTERM");
    expect(await code).toBe(0);
    expect(heard).toEqual(["\nStopping. Once more to stop at once.", "stopped", "Stopped."]);
  });

  it("ends with 1 and one line when it failed, and is stopped first", async () => {
    const failed = Promise.resolve(new Error("The disk\n  is full."));
    expect(await keepRunning(clock, terminal, async () => running({ failed }))).toBe(1);
    expect(heard).toEqual(["! The disk is full.", "stopped"]);
  });

  it("is not waited for longer than 10 s", async () => {
    const code = keepRunning(clock, terminal, async () => running({ stop: () => never }));
    const refused = expect(code).rejects.toMatchObject({ kind: "operation", message: expect.stringContaining("10 s") });
    process.emit("SIGTERM");
    await clock.runFor(10_000);
    await refused;
  });

  it("is given as much longer as clients get to move", async () => {
    let ended = false;
    const code = keepRunning(clock, terminal, async () => running({ stop: () => never }), 7_000);
    const refused = expect(code).rejects.toMatchObject({ message: expect.stringContaining("17 s") });
    void refused.then(() => {
      ended = true;
    });
    process.emit("SIGTERM");
    await clock.runFor(16_999);
    expect(ended).toBe(false);
    await clock.runFor(1);
    await refused;
  });

  it("is told of a hang-up that came while it was being started", async () => {
    let begin: (running: Running) => void = () => {};
    const started = new Promise<Running>((resolve) => {
      begin = resolve;
    });
    const code = keepRunning(clock, terminal, () => started);
    process.emit("SIGHUP");
    begin(running({ hangUp: async () => "stop" }));
    expect(await code).toBe(0);
  });

  it("is not waited for longer than 10 s if it does not even start", async () => {
    const code = keepRunning(clock, terminal, () => never);
    const refused = expect(code).rejects.toMatchObject({ kind: "operation" });
    process.emit("SIGINT");
    await clock.runFor(10_000);
    await refused;
  });

  it("may say that a hang-up is the end", async () => {
    let hangUps = 0;
    const hangUp = async () => (++hangUps < 2 ? ("stay" as const) : ("stop" as const));
    const code = keepRunning(clock, terminal, async () => running({ hangUp }));
    await Promise.resolve();
    await Promise.resolve();
    process.emit("SIGHUP");
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([]);
    process.emit("SIGHUP");
    expect(await code).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { Pulse } from "./pulse.js";

function start() {
  const clock = new SimClock();
  const process = clock.process("client");
  const told: string[] = [];
  const pulse = new Pulse(process, {
    onQuiet: () => told.push("quiet"),
    onSuspect: () => told.push("suspect"),
    onDead: () => told.push("dead"),
  });
  return { clock, process, told, pulse };
}

describe("the pulse of a connection", () => {
  it("asks when nothing was heard, suspects when nothing is answered, and gives up", async () => {
    const { clock, told } = start();
    await clock.runFor(14_999);
    expect(told).toEqual([]);
    await clock.runFor(3_002);
    expect(told).toEqual(["quiet", "suspect"]);
    await clock.runFor(600_000);
    expect(told).toEqual(["quiet", "suspect", "dead"]);
  });

  it("is well as long as something is heard, also after it was suspect", async () => {
    const { clock, told, pulse } = start();
    pulse.expect(2_000);
    await clock.runFor(2_001);
    for (let i = 0; i < 9; i++) {
      pulse.heard();
      await clock.runFor(10_000);
    }
    expect(told).toEqual(["suspect"]);
  });

  it("says something now and then, however much it hears: who is silent for long is closed", async () => {
    const { clock, told, pulse } = start();
    for (let i = 0; i < 600; i++) {
      pulse.heard();
      await clock.runFor(1_000);
    }
    expect(new Set(told)).toEqual(new Set(["quiet"]));
    expect(told.length).toBeGreaterThanOrEqual(Math.floor(600_000 / LIMITS.sessionLeaseMsMax) + 1);
    expect(told.length).toBeLessThan(10);
  });

  it("takes a stall of its own for no silence of the peer", async () => {
    const { clock, process, told, pulse } = start();
    pulse.expect(2_000);
    process.pause();
    await clock.runFor(30_000);
    process.resume();
    await clock.runFor(100); // only now what lies in the socket is read
    pulse.heard();
    await clock.runFor(5_000);
    expect(told).toEqual(["quiet"]);
  });
});

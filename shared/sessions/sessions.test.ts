import { beforeEach, describe, expect, it } from "vitest";
import type { Clock, Timer } from "../../ports/clock.js";
import { LIMITS } from "../../protocol/limits.js";
import { SimClock } from "../../sim/sim-clock.js";
import { SimRandom } from "../../sim/sim-random.js";
import { LocalSessions, type Voice } from "./local-sessions.js";

const SWEEP_EVERY_MS = 250;
const LEASE_MS = LIMITS.sessionLeaseMsDefault;

describe("sessions that hold nothing", () => {
  let world: SimClock;
  let gateway: ReturnType<SimClock["process"]>;
  let sessions: LocalSessions;
  let voice: Voice;
  beforeEach(() => {
    world = new SimClock();
    gateway = world.process("gateway");
    sessions = new LocalSessions(gateway, new SimRandom(1));
    sweepFor(gateway, sessions);
    voice = sessions.newVoice();
  });

  const open = (leaseMs?: number, who: Voice = voice) => sessions.open("user:alice", leaseMs, who).sessionId;
  const keepAlive = (sessionId: string, who: Voice = voice): number => {
    sessions.hear(who);
    return sessions.keepAlive(sessionId, "user:alice", who);
  };
  const ended = expect.objectContaining({ code: "session_expired" });

  it("have ids and secrets of 128 random bits, and the lease that was asked for", () => {
    const { sessionId, resumeSecret, leaseMs } = sessions.open("user:alice", 7_000, voice);
    expect([sessionId, resumeSecret]).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}$/),
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ]);
    expect(leaseMs).toBe(7_000);
    expect(open()).not.toBe(sessionId);
  });

  it("have a lease within bounds", () => {
    for (const leaseMs of [LIMITS.sessionLeaseMsMin - 1, LIMITS.sessionLeaseMsMax + 1]) {
      expect(() => open(leaseMs)).toThrow(expect.objectContaining({ code: "invalid_input" }));
    }
  });

  it("live while they are kept alive", async () => {
    const id = open();
    for (let n = 0; n < 10; n += 1) {
      await world.runFor(LEASE_MS / 3);
      expect(keepAlive(id)).toBe(LEASE_MS);
    }
  });

  it("live by any message of their client", async () => {
    const id = open();
    for (let n = 0; n < 10; n += 1) {
      await world.runFor(LEASE_MS / 3);
      sessions.hear(voice);
    }
    expect(sessions.size).toBe(1);
    expect(keepAlive(id)).toBe(LEASE_MS);
  });

  it("end when nothing was heard for their lease, and not before", async () => {
    open();
    await world.runFor(LEASE_MS - 1);
    expect(sessions.size).toBe(1);
    await world.runFor(1 + SWEEP_EVERY_MS);
    expect(sessions.size).toBe(0);
  });

  it("end at the moment of use, not when a timer comes round", async () => {
    const quiet = new LocalSessions(gateway, new SimRandom(2));
    const { sessionId } = quiet.open("user:alice", 5_000, voice);
    for (let n = 0; n < 10; n += 1) {
      await world.runFor(500);
      quiet.hear(quiet.newVoice()); // somebody else is heard, so somebody listens
    }
    quiet.hear(voice);
    expect(() => quiet.keepAlive(sessionId, "user:alice", voice)).toThrow(ended);
  });

  it("each have their own lease on one voice", async () => {
    const short = open(5_000);
    const long = open(60_000);
    await world.runFor(10_000);
    expect(() => keepAlive(short)).toThrow(ended);
    expect(keepAlive(long)).toBe(60_000);
  });

  it("move to the voice that used them last", async () => {
    const id = open();
    const other = sessions.newVoice();
    keepAlive(id, other);
    expect([voice.sessions.size, other.sessions.size]).toEqual([0, 1]);
    for (let n = 0; n < 4; n += 1) {
      await world.runFor(LEASE_MS / 3);
      sessions.hear(other);
    }
    expect(sessions.size).toBe(1);
    await world.runFor(LEASE_MS + SWEEP_EVERY_MS);
    expect(sessions.size).toBe(0);
    expect(other.sessions.size).toBe(0);
  });

  it("are their owner's alone", () => {
    const id = open();
    const foreign = expect.objectContaining({ code: "not_found" });
    expect(() => sessions.keepAlive(id, "user:bob", voice)).toThrow(foreign);
    expect(() => sessions.close(id, "user:bob")).toThrow(foreign);
    expect(keepAlive(id)).toBe(LEASE_MS);
  });

  it("end when they are closed", () => {
    const id = open();
    sessions.close(id, "user:alice");
    expect(sessions.size).toBe(0);
    expect(() => keepAlive(id)).toThrow(ended);
    expect(() => sessions.close(id, "user:alice")).toThrow(ended);
  });

  it("end within a few sweeps, and not in one, if very many are silent", async () => {
    const many = 20_000;
    for (let n = 0; n < many; n += 1) open();
    await world.runFor(LEASE_MS - 1);
    expect(sessions.size).toBe(many);
    await world.runFor(1);
    expect(sessions.size).toBeGreaterThan(many / 2);
    await world.runFor(10 * SWEEP_EVERY_MS);
    expect(sessions.size).toBe(0);
  });

  it("cost a voice that comes back late a look at its own only", async () => {
    const quiet = new LocalSessions(gateway, new SimRandom(2));
    const late = quiet.newVoice();
    quiet.open("user:alice", 5_000, late);
    quiet.open("user:alice", 60_000, late);
    quiet.open("user:bob", 5_000, quiet.newVoice());
    for (let n = 0; n < 10; n += 1) {
      await world.runFor(500);
      quiet.hear(quiet.newVoice()); // so somebody listens
    }
    quiet.hear(late);
    expect(quiet.size).toBe(2);
    expect(late.shortestLeaseMs).toBe(60_000);
  });

  it("start their silence anew after a stall, for what was said meanwhile lies unread (S5)", async () => {
    const id = open();
    await world.runFor(LEASE_MS - 1_000);
    gateway.pause();
    await world.runFor(5_000);
    gateway.resume();
    await world.runFor(LEASE_MS - SWEEP_EVERY_MS);
    expect(keepAlive(id)).toBe(LEASE_MS);
    await world.runFor(LEASE_MS + SWEEP_EVERY_MS);
    expect(sessions.size).toBe(0);
  });

  it("do not live longer for a loop that is merely busy", async () => {
    open();
    for (let n = 0; n < 12; n += 1) {
      gateway.pause();
      await world.runFor(900);
      gateway.resume();
      await world.runFor(100);
    }
    await world.runFor(SWEEP_EVERY_MS);
    expect(sessions.size).toBe(0);
  });
});

/** What the door does: sweeps, again and again. */
function sweepFor(clock: Clock, sessions: LocalSessions): Timer {
  return clock.after(SWEEP_EVERY_MS, () => {
    sessions.sweep();
    sweepFor(clock, sessions);
  });
}

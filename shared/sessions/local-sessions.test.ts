import { beforeEach, describe, expect, it } from "vitest";
import type { Voice } from "../gateway/session-host.js";
import { LIMITS } from "../protocol/limits.js";
import { ALICE, BOB, SessionsFixture } from "./sessions.fixture.js";
import type { Sessions } from "./sessions.js";

const LEASE_MS = LIMITS.sessionLeaseMsDefault;
const NOTICED_WITHIN_MS = 250;

describe("sessions that hold nothing", () => {
  let fixture: SessionsFixture;
  let sessions: Sessions;
  let voice: Voice;
  beforeEach(() => {
    fixture = new SessionsFixture();
    ({ sessions } = fixture);
    voice = fixture.voice();
  });

  const open = (leaseMs?: number, who: Voice = voice) => sessions.open(ALICE, leaseMs, who).sessionId;
  const keepAlive = (sessionId: string, who: Voice = voice) => {
    sessions.hear(who);
    return sessions.keepAlive(ALICE, sessionId, who);
  };
  const ended = expect.objectContaining({ code: "session_expired" });

  it("have ids and secrets of 128 random bits, and the lease that was asked for", () => {
    const { sessionId, resumeSecret, leaseMs } = sessions.open(ALICE, 7_000, voice);
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

  it("live while they are kept alive, and cost the master nothing", async () => {
    const id = open();
    for (let n = 0; n < 10; n += 1) {
      await fixture.world.runFor(LEASE_MS / 3);
      expect(keepAlive(id)).toEqual({ leaseMs: LEASE_MS, attachment: null });
    }
    await sessions.close(ALICE, id);
    expect([sessions.size, fixture.asked, fixture.ended]).toEqual([0, [], []]);
  });

  it("live by any message of their client", async () => {
    const id = open();
    for (let n = 0; n < 10; n += 1) {
      await fixture.world.runFor(LEASE_MS / 3);
      sessions.hear(voice);
    }
    expect(keepAlive(id).leaseMs).toBe(LEASE_MS);
  });

  it("end when nothing was heard for their lease, soon and not before, and their client is told", async () => {
    open();
    await fixture.world.runFor(LEASE_MS - 1);
    expect(sessions.size).toBe(1);
    await fixture.world.runFor(1 + NOTICED_WITHIN_MS);
    expect(sessions.size).toBe(0);
    expect(fixture.told).toEqual(["v ended"]);
  });

  it("each have their own lease on one voice", async () => {
    const short = open(5_000);
    const long = open(60_000);
    await fixture.world.runFor(10_000);
    expect(() => keepAlive(short)).toThrow(ended);
    expect(keepAlive(long).leaseMs).toBe(60_000);
  });

  it("move to the voice that used them last", async () => {
    const id = open();
    const other = fixture.voice("other");
    keepAlive(id, other);
    for (let n = 0; n < 4; n += 1) {
      await fixture.world.runFor(LEASE_MS / 3);
      sessions.hear(other);
    }
    expect(sessions.size).toBe(1);
    await fixture.world.runFor(LEASE_MS + NOTICED_WITHIN_MS);
    expect(fixture.told).toEqual(["other ended"]);
  });

  it("outlive their voice by their lease, from when it was heard last", async () => {
    open();
    await fixture.world.runFor(3_000);
    sessions.hear(voice);
    await fixture.world.runFor(1_000);
    sessions.lose(voice);
    await fixture.world.runFor(LEASE_MS - 1_001);
    expect(sessions.size).toBe(1);
    await fixture.world.runFor(1 + NOTICED_WITHIN_MS);
    expect([sessions.size, fixture.told]).toEqual([0, []]);
  });

  it("are their owner's alone", () => {
    const id = open();
    const foreign = expect.objectContaining({ code: "not_found" });
    expect(() => sessions.keepAlive(BOB, id, voice)).toThrow(foreign);
    expect(keepAlive(id).leaseMs).toBe(LEASE_MS);
    return expect(sessions.close(BOB, id)).rejects.toEqual(foreign);
  });

  it("end when they are closed", async () => {
    const id = open();
    await sessions.close(ALICE, id);
    expect(() => keepAlive(id)).toThrow(ended);
    await expect(sessions.close(ALICE, id)).rejects.toEqual(ended);
  });

  it("are resumed here by their secret, and by nothing else", async () => {
    const { sessionId, resumeSecret } = sessions.open(ALICE, undefined, voice);
    const other = fixture.voice("other");
    const bad = expect.objectContaining({ code: "forbidden" });
    await expect(sessions.resume(ALICE, sessionId, "0".repeat(32), other)).rejects.toEqual(bad);
    await expect(sessions.resume(BOB, sessionId, resumeSecret, other)).rejects.toMatchObject({ code: "not_found" });
    const resumed = await sessions.resume(ALICE, sessionId, resumeSecret, other);
    expect(resumed).toEqual({ leaseMs: LEASE_MS, attachment: null, locks: [], waits: [] });
    expect([fixture.told, fixture.asked]).toEqual([["v taken"], []]);
  });

  it("are answered for only while the gateway's own lease runs", async () => {
    const { sessionId, resumeSecret } = sessions.open(ALICE, undefined, voice);
    fixture.serves = false;
    const lost = expect.objectContaining({ code: "overloaded" });
    expect(() => keepAlive(sessionId)).toThrow(lost);
    expect(() => open()).toThrow(lost);
    await expect(sessions.resume(ALICE, sessionId, resumeSecret, voice)).rejects.toEqual(lost);
    await expect(sessions.keepAliveHere(ALICE, sessionId)).rejects.toEqual(lost);
    await expect(sessions.openAnchored(ALICE, 60_000)).rejects.toEqual(lost);
    fixture.serves = true;
    expect(keepAlive(sessionId).leaseMs).toBe(LEASE_MS);
  });
});

describe("silence", () => {
  let fixture: SessionsFixture;
  let sessions: Sessions;
  let voice: Voice;
  beforeEach(() => {
    fixture = new SessionsFixture();
    ({ sessions } = fixture);
    voice = fixture.voice();
  });

  it("is found on time among very many, a few at a turn", async () => {
    const many = 20_000;
    for (let n = 0; n < many; n += 1) sessions.open(ALICE, 5_000 + (n % 300_00), voice);
    const late: number[] = [];
    const bornMs = fixture.gateway.monotonicMs();
    for (let sizeBefore = many; sessions.size > 0; sizeBefore = sessions.size) {
      await fixture.world.runFor(100);
      const silentMs = fixture.gateway.monotonicMs() - bornMs;
      const shouldLive = Math.max(0, Math.min(many, many - Math.max(0, silentMs - 5_000) * (many / 30_000)));
      if (sizeBefore > sessions.size) late.push(sessions.size - shouldLive);
    }
    // 250 ms of 20,000 sessions whose leases end within 30 s
    expect(Math.max(...late)).toBeLessThanOrEqual((many / 30_000) * 250 + 1);
  });

  it("of very many at once is found on time as well, and not in one turn", async () => {
    const many = 20_000;
    for (let n = 0; n < many; n += 1) sessions.open(ALICE, 5_000, voice);
    const sizes = new Set<number>();
    await fixture.world.runFor(5_000);
    await fixture.world.runUntil(() => sizes.add(sessions.size) && sessions.size === 0, NOTICED_WITHIN_MS);
    expect([...sizes]).toEqual([20_000, 15_000, 10_000, 5_000, 0]);
  });

  it("starts anew after a stall, for what was said meanwhile lies unread (S5)", async () => {
    const { sessionId } = sessions.open(ALICE, undefined, voice);
    await fixture.world.runFor(LEASE_MS - 1_000);
    fixture.gateway.pause();
    await fixture.world.runFor(5_000);
    fixture.gateway.resume();
    await fixture.world.runFor(LEASE_MS - NOTICED_WITHIN_MS);
    expect(sessions.keepAlive(ALICE, sessionId, voice).leaseMs).toBe(LEASE_MS);
    await fixture.world.runFor(2 * NOTICED_WITHIN_MS);
    expect(sessions.size).toBe(0);
  });

  it("starts anew when the machine was suspended, which the wall clock alone may tell (S4, S5)", async () => {
    sessions.open(ALICE, undefined, voice);
    await fixture.world.runFor(LEASE_MS - 100);
    fixture.gateway.stepWall(60_000);
    await fixture.world.runFor(LEASE_MS - 100);
    expect(sessions.size).toBe(1);
    await fixture.world.runFor(100 + NOTICED_WITHIN_MS);
    expect(sessions.size).toBe(0);
  });

  it("is not broken by a loop that is merely busy", async () => {
    sessions.open(ALICE, undefined, voice);
    for (let n = 0; n < 13; n += 1) {
      fixture.gateway.pause();
      await fixture.world.runFor(900);
      fixture.gateway.resume();
      await fixture.world.runFor(100);
    }
    expect(sessions.size).toBe(0);
  });

  it("is judged after what lies in the sockets was read", async () => {
    sessions.open(ALICE, 5_000, voice);
    await fixture.world.runFor(4_950);
    fixture.gateway.pause();
    await fixture.world.runFor(900);
    // The message came in the pause; its socket is read when the timers have run.
    fixture.gateway.resume();
    fixture.gateway.afterTurn(() => sessions.hear(voice));
    await fixture.world.runFor(4_000);
    expect(sessions.size).toBe(1);
  });

  it("is not judged without a lease, and starts anew with the next (S5)", async () => {
    await fixture.anchored(3, voice);
    fixture.serves = false;
    await fixture.world.runFor(10 * LEASE_MS);
    expect(sessions.size).toBe(1);
    sessions.listenAnew();
    fixture.serves = true;
    await fixture.world.runFor(LEASE_MS - 1);
    expect(sessions.size).toBe(1);
    await fixture.world.runFor(1 + NOTICED_WITHIN_MS);
    expect([sessions.size, fixture.ended.length]).toEqual([0, 1]);
  });
});

import { describe, expect, it } from "vitest";
import type { OpenedSession, SessionHost, Voice } from "../../shared/gateway/session-host.js";
import type { LockCommand } from "../../shared/protocol/commands.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { SimCell } from "./sim-cell.fixture.js";

const LEASE_MS = LIMITS.sessionLeaseMsDefault;
const ALICE = { principal: "user:alice", tokenHash: tokenHash("alice") };
const acquireX: LockCommand = {
  ...{ kind: "acquire", name: "x", ttlMs: null, metadata: null, lockDelayMs: 0 },
  ...{ delayOnRelease: false, ephemeral: true, wait: false },
};

const silentVoice = (host: SessionHost): Voice => host.newVoice({ onGrant: () => {}, onGone: () => {} });

function openAt(cell: SimCell, at: number | "master"): { host: SessionHost; voice: Voice; session: OpenedSession } {
  const host = cell.door(at).sessions;
  const voice = silentVoice(host);
  return { host, voice, session: host.open(ALICE, undefined, voice) };
}

const isFree = (cell: SimCell): boolean => cell.inForce("x") === null;

/** A client keeps its session alive for 20 s. For how long at most it still believed in its lease when x was free. */
async function overlapMs(cell: SimCell, host: SessionHost, voice: Voice, sessionId: string): Promise<number> {
  let heldUntilMs = 0;
  let overlap = 0;
  for (let n = 0; n < 200; n += 1) {
    const nowMs = cell.clock.monotonicMs();
    try {
      host.hear(voice);
      host.keepAlive(ALICE, sessionId, voice);
      heldUntilMs = nowMs + LEASE_MS * LIMITS.driftFactor;
    } catch {
      // Not answered: what it was promised before still counts.
    }
    if (isFree(cell)) overlap = Math.max(overlap, heldUntilMs - nowMs);
    await cell.clock.runFor(100);
  }
  return overlap;
}

describe("bugs of sessions that were found once", () => {
  it("P1, S1: a gateway whose first answer was lost does not take a session back from where its client is now", async () => {
    const cell = await SimCell.start({ proxies: 2 });
    const [first, second] = [cell.proxy(0), cell.proxy(1)];
    const { host, session } = openAt(cell, 0);
    first.linkFaults.partitioned = "replies";
    const acquiring = host.execute(ALICE, { sessionId: session.sessionId, operationId: "o1", command: acquireX });
    acquiring.catch(() => {});
    await cell.clock.runFor(3_500);
    // The client goes to the other proxy, which holds its session from now on.
    const other = cell.door(1).sessions;
    const voice = silentVoice(other);
    const resumed = await cell.settle(other.resume(ALICE, session.sessionId, session.resumeSecret, voice));
    expect(resumed.locks).toMatchObject([{ name: "x" }]);
    await cell.clock.runFor(1_000);
    first.linkFaults.partitioned = "none";
    await cell.clock.runUntil(() => cell.door(0).mayKeepAlive(), 5_000);
    second.linkFaults.partitioned = "both";
    expect(await overlapMs(cell, other, voice, session.sessionId)).toBe(0);
  });

  it("P1, S3: a resume that its client had given up does not end the session before the client's lease", async () => {
    const cell = await SimCell.start({ proxies: 3 });
    await cell.clock.runFor(20_000);
    const { host, session } = openAt(cell, 0);
    await cell.settle(host.execute(ALICE, { sessionId: session.sessionId, operationId: "o1", command: acquireX }));
    const slow = cell.proxy(1).link.hold("execute", "request");
    const given = cell.door(1).sessions;
    const lost = silentVoice(given);
    given.resume(ALICE, session.sessionId, session.resumeSecret, lost).catch(() => {});
    await cell.clock.runFor(1_500);
    given.lose(lost);
    const other = cell.door(2).sessions;
    const voice = silentVoice(other);
    await cell.settle(other.resume(ALICE, session.sessionId, session.resumeSecret, voice));
    cell.proxy(2).linkFaults.partitioned = "both";
    slow.open();
    expect(await overlapMs(cell, other, voice, session.sessionId)).toBe(0);
    expect(isFree(cell)).toBe(true);
  });

  it("S6: who resumed while its owner ended it elsewhere is answered no KeepAlive after that", async () => {
    const cell = await SimCell.start({ proxies: 3 });
    const { host, session } = openAt(cell, 0);
    await cell.settle(host.execute(ALICE, { sessionId: session.sessionId, operationId: "o1", command: acquireX }));
    const bad: string[] = [];
    const other = cell.door(1).sessions;
    const voice = silentVoice(other);
    const resuming = cell.track(other.resume(ALICE, session.sessionId, session.resumeSecret, voice));
    await cell.clock.runFor(0.2);
    const ending = cell.door(2).sessions.closeAnywhere(ALICE, session.sessionId);
    await cell.settle(ending);
    await cell.clock.runFor(2);
    try {
      other.keepAlive(ALICE, session.sessionId, voice);
      bad.push("kept alive");
    } catch {}
    expect([isFree(cell), bad, resuming.state]).toEqual([true, [], "resolved"]);
  });

  it("P7: a client that died with a master is cleaned up a session lease after the restart, without grace", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const { host, session } = openAt(cell, 0);
    await cell.settle(host.execute(ALICE, { sessionId: session.sessionId, operationId: "o1", command: acquireX }));
    await cell.clock.runFor(1_000);
    cell.killMaster();
    await cell.startMaster();
    await cell.clock.runFor(LIMITS.proxyLeaseMs + LEASE_MS - 500);
    expect(isFree(cell)).toBe(false);
    await cell.clock.runFor(2_500);
    expect(isFree(cell)).toBe(true);
  });

  it("P6, O1: a session of a user who has written too much lives on at another proxy", async () => {
    const cell = await SimCell.start({ proxies: 2, operationsPerPrincipal: 1 });
    const { host, session } = openAt(cell, 0);
    await cell.settle(host.execute(ALICE, { sessionId: session.sessionId, operationId: "o1", command: acquireX }));
    cell.proxy(0).process.kill();
    const other = cell.door(1).sessions;
    const resuming = other.resume(ALICE, session.sessionId, session.resumeSecret, silentVoice(other));
    expect((await cell.settle(resuming)).locks).toMatchObject([{ name: "x" }]);
  });

  describe("P7: whoever gets a session back while the round that takes it away is on its way has it", () => {
    /** The client of a session that holds x is moved about, and says nothing more. Whether x comes free in time. */
    async function freedInTime(cell: SimCell): Promise<boolean> {
      await cell.clock.runFor(LEASE_MS + 2_000 + LIMITS.proxyLeaseMs);
      return isFree(cell);
    }

    it.each([1_100, 1_900])("by its owner, %d ms after a resume elsewhere", async (afterMs) => {
      const cell = await SimCell.start({ proxies: 2 });
      await cell.clock.runFor(20_000);
      const { host, session } = openAt(cell, 0);
      const { sessionId, resumeSecret } = session;
      await cell.settle(host.execute(ALICE, { sessionId, operationId: "o1", command: acquireX }));
      const other = cell.door(1).sessions;
      await cell.settle(other.resume(ALICE, sessionId, resumeSecret, silentVoice(other)));
      await cell.clock.runFor(afterMs);
      expect(await cell.settle(host.keepAliveHere(ALICE, sessionId))).toMatchObject({ leaseMs: LEASE_MS });
      expect(await freedInTime(cell)).toBe(true);
    });

    it("by a resume, behind its owner's move to a third", async () => {
      const cell = await SimCell.start({ proxies: 2 });
      await cell.clock.runFor(20_000);
      const { host, session } = openAt(cell, 0);
      const { sessionId, resumeSecret } = session;
      await cell.settle(host.execute(ALICE, { sessionId, operationId: "o1", command: acquireX }));
      await cell.clock.runFor(100);
      const moving = cell.door(1).sessions.keepAliveHere(ALICE, sessionId);
      const resuming = host.resume(ALICE, sessionId, resumeSecret, silentVoice(host));
      expect((await cell.settle(Promise.all([moving, resuming])))[1].locks).toMatchObject([{ name: "x" }]);
      expect(await freedInTime(cell)).toBe(true);
    });
  });
});

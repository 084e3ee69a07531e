import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { ephemeral, GRACE_MS, idOf, SESSION_LEASE_MS, SimMaster, unanchored } from "../sim-master.fixture.js";

const S = idOf(1);
const resume = { kind: "resumeSession", secretHash: `secret of ${S}` } as const;
const owned = { sessionId: S, attachment: null };

/** Two proxies; the first holds a session that has a lock. */
async function withSession() {
  const sim = await SimMaster.start();
  const [p1, p2] = [await sim.proxy("p1"), await sim.proxy("p2")];
  const session = await p1.anchor(S, "a");
  return { sim, p1, p2, session };
}

describe("S1: only the newest attachment number counts", () => {
  it("a resume elsewhere needs nobody's consent, and the old holder is told until it has seen it", async () => {
    const { p1, p2, session } = await withSession();
    const { answer, attachment } = await p2.write(resume, owned);
    expect(answer).toMatchObject({ status: "sessionResumed", locks: [{ name: "a", fencingToken: 1 }], waits: [] });
    expect(attachment).toBeGreaterThan(session.attachment);
    expect((await p1.renew()).gone).toMatchObject([session]);
    expect(p1.held.size).toBe(0);
    expect((await p1.renew()).gone).toEqual([]);
  });

  it("a late report of the old holder ends nothing, and its commands are refused", async () => {
    const { sim, p1, p2, session } = await withSession();
    await sim.clock.runFor(20_000);
    await p1.register([session]);
    await p2.register([]);
    await p2.write(resume, owned);
    await p1.renew({ ended: [session] });
    await sim.clock.runFor(100);
    expect(await sim.session(S)).toMatchObject({ locks: [{ name: "a" }] });
    const { answer, attachment } = await p1.write(ephemeral("b"), session);
    expect([answer, attachment]).toMatchObject([{ status: "refused", code: "session_expired" }, null]);
  });

  it("a claim under an older number is answered as gone, one under the newest binds an orphan", async () => {
    const { sim, p1, p2, session } = await withSession();
    const { attachment } = await p2.write(resume, owned);
    expect(await p1.register([session])).toEqual([S]);
    await p2.renew({ leaving: true });
    const newest = { sessionId: S, attachment: attachment as number };
    expect(await sim.metric("orphans")).toBe(1);
    expect(await p1.register([session])).toEqual([S]);
    expect(await p1.register([newest])).toEqual([]);
    expect(await sim.metric("orphans")).toBe(0);
  });

  it("a claim takes nothing from a proxy whose lease runs, but from a lease of which its own process never heard", async () => {
    const { sim, p1, p2, session } = await withSession();
    expect(await p2.register([session])).toEqual([S]);
    // The answer to this register is lost: the process gives up only the lease that it knows of.
    const known = { epoch: sim.epoch, proxyId: p1.proxyId };
    expect(await p1.register([session])).toEqual([]);
    expect(await p1.register([session], known)).toEqual([]);
    expect((await p1.renew()).gone).toEqual([]);
    expect(await p1.write(ephemeral("b"), session)).toMatchObject({ attachment: session.attachment });
  });

  it("binds to nobody when the sender's lease ended before the commit", async () => {
    const { sim, p2 } = await withSession();
    const writing = p2.send([{ command: resume, session: owned }]);
    await p2.renew({ leaving: true });
    expect(await sim.settle(writing)).toMatchObject([{ status: "decided", attachment: null }]);
    expect(await sim.metric("orphans")).toBe(1);
  });
});

describe("S2: an end is final when it is decided", () => {
  /** An end that has to wait: a proxy that does not answer may hold the entry of the session's lock. */
  async function withSlowEnd() {
    const all = await withSession();
    const { sim, p1, p2, session } = all;
    await sim.settle(sim.master.link.fill({ epoch: sim.epoch, proxyId: p2.proxyId, keys: ["lock/a"] }));
    p1.held.delete(S);
    const ending = p1.send([{ command: { kind: "closeSession" }, session, operationId: "close" }]);
    await sim.clock.runFor(10);
    return { ...all, ending };
  }

  it("neither command nor resume nor claim of it is taken while the end is under way", async () => {
    const { sim, p1, p2, session, ending } = await withSlowEnd();
    const refused = { status: "failed", fault: { code: "session_expired" } };
    const writes = [
      { command: ephemeral("b"), session },
      { command: resume, session: owned },
    ];
    expect(await sim.settle(p2.send(writes))).toMatchObject([refused, refused]);
    expect(await p1.register([session])).toEqual([S]);
    expect(await sim.settle(ending)).toMatchObject([{ status: "decided", answer: { status: "sessionClosed" } }]);
    expect(await sim.session(S)).toBeUndefined();
    expect(await sim.holder("a")).toBeUndefined();
    expect(await sim.metric("session_ends_total", { cause: "closed" })).toBe(1);
  });

  it("the close itself may be sent again, and is answered alike", async () => {
    const { sim, p1, session, ending } = await withSlowEnd();
    const again = p1.send([{ command: { kind: "closeSession" }, session, operationId: "close" }]);
    const late = sim.settle(again).then(() => p1.write({ kind: "closeSession" }, session, { operationId: "close" }));
    expect((await late).answer).toEqual({ status: "sessionClosed" });
    expect(await ending).toEqual(await again);
  });

  it("a stranger's close marks nothing", async () => {
    const { sim, p1, p2, session } = await withSession();
    const close = { command: { kind: "closeSession" }, session: owned, token: "bob" } as const;
    const both = p2.send([close]);
    const acquire = p1.send([{ command: ephemeral("b"), session }]);
    expect(await sim.settle(both)).toMatchObject([{ answer: { code: "not_found" } }]);
    expect(await sim.settle(acquire)).toMatchObject([{ answer: { status: "acquired" } }]);
  });
});

describe("R3: an end names the keys of all that is under way for its session", () => {
  it("what was taken in before the end is freed by it", async () => {
    const { sim, p1, p2, session } = await withSession();
    await sim.settle(sim.master.link.fill({ epoch: sim.epoch, proxyId: p2.proxyId, keys: ["lock/b"] }));
    const acquiring = p1.send([{ command: ephemeral("b"), session }]);
    await sim.clock.runFor(10);
    const closing = p1.send([{ command: { kind: "closeSession" }, session }]);
    expect(await sim.settle(acquiring)).toMatchObject([{ answer: { status: "acquired" } }]);
    expect(await sim.settle(closing)).toMatchObject([{ answer: { status: "sessionClosed" } }]);
    expect(await sim.holder("b")).toBeUndefined();
  });
});

describe("S5 and the terms of orphans", () => {
  it("a proxy's sessions are orphans from its lease's end until session lease and grace are over, not longer", async () => {
    const { sim } = await withSession();
    await sim.clock.runFor(LIMITS.proxyLeaseMs + 10);
    expect(await sim.metric("orphans")).toBe(1);
    await sim.clock.runFor(SESSION_LEASE_MS + GRACE_MS - 500);
    expect(await sim.session(S)).toBeDefined();
    await sim.clock.runFor(1_000);
    expect(await sim.session(S)).toBeUndefined();
    expect(await sim.holder("a")).toBeUndefined();
    expect(await sim.metric("session_ends_total", { cause: "orphaned" })).toBe(1);
  });

  it("an orphan that is resumed lives on", async () => {
    const { sim, p2 } = await withSession();
    for (let second = 0; second < 30; second++) {
      await p2.renew();
      await sim.clock.runFor(1_000);
    }
    await p2.write(resume, owned);
    await p2.keepFor(60_000);
    expect(await sim.holder("a")).toBe(1);
  });

  it("silence that a proxy reports ends the session at once", async () => {
    const { sim, p1, p2, session } = await withSession();
    await p1.keepFor(16_000);
    p1.held.delete(S);
    await p1.renew({ ended: [session] });
    await sim.clock.runFor(10);
    expect(await sim.session(S)).toBeUndefined();
    await p2.register([]);
    expect((await p2.write(ephemeral("a"), unanchored(idOf(2)))).answer).toMatchObject({ fencingToken: 2 });
    expect(await sim.metric("session_ends_total", { cause: "silent" })).toBe(1);
  });

  it("after a restart all are orphans, and none ends of silence before proxy lease and session lease have passed", async () => {
    const { sim, p1, session } = await withSession();
    sim.kill();
    await sim.boot();
    expect(await sim.metric("orphans")).toBe(1);
    await p1.register([session], null);
    expect(await sim.metric("orphans")).toBe(0);
    await p1.keepFor(10_000);
    await p1.renew({ ended: [session] });
    await sim.clock.runFor(100);
    expect(await sim.session(S)).toBeDefined();
    expect(await sim.metric("orphans")).toBe(1);
    await p1.register([session]);
    await p1.keepFor(6_000);
    await p1.renew({ ended: [session] });
    await sim.clock.runFor(5_000);
    expect(await sim.session(S)).toBeUndefined();
  });

  it("a master that stood still gives the orphans that fell due meanwhile another grace", async () => {
    const { sim } = await withSession();
    await sim.clock.runFor(LIMITS.proxyLeaseMs + SESSION_LEASE_MS + GRACE_MS - 5_000);
    sim.process.pause();
    await sim.clock.runFor(20_000);
    sim.process.resume();
    await sim.clock.runFor(GRACE_MS - 1_000);
    expect(await sim.session(S)).toBeDefined();
    await sim.clock.runFor(2_000);
    expect(await sim.session(S)).toBeUndefined();
  });
});

describe("S6: an end by the owner through another door is told to the holder first", () => {
  it("by a round on the session's key, and frees its locks at once when that is acked", async () => {
    const { sim, p1, p2 } = await withSession();
    const closing = p2.send([{ command: { kind: "closeSession" }, session: owned }]);
    await sim.clock.runFor(100);
    expect(sim.rounds.at(-1)).toMatchObject({ keys: [`session/${S}`, "lock/a"], proxies: [p1.proxyId] });
    expect(await sim.session(S)).toBeDefined();
    p1.held.delete(S);
    const { gone } = await p1.renew({ acks: [{ round: 1, had: [] }] });
    expect(await sim.settle(closing)).toMatchObject([{ answer: { status: "sessionClosed" } }]);
    expect([gone, (await p1.renew()).gone]).toEqual([[], []]);
    expect(await sim.holder("a")).toBeUndefined();
  });

  it("and to whom the session was taken from without having heard of it, who would answer for it else", async () => {
    const { sim, p1, p2 } = await withSession();
    await p2.write(resume, owned);
    const p3 = await sim.proxy("p3");
    const closing = p3.send([{ command: { kind: "closeSession" }, session: owned }]);
    await sim.clock.runFor(100);
    expect(new Set(sim.rounds.at(-1)?.proxies)).toEqual(new Set([p1.proxyId, p2.proxyId]));
    for (const proxy of [p1, p2]) await proxy.renew({ acks: [{ round: 1, had: [] }] });
    expect(await sim.settle(closing)).toMatchObject([{ answer: { status: "sessionClosed" } }]);
  });

  it("waits for no longer than the holder's lease, and for nobody if the sender is the holder", async () => {
    const { sim, p1, p2 } = await withSession();
    const since = sim.clock.monotonicMs();
    await p2.write({ kind: "closeSession" }, owned);
    expect(sim.clock.monotonicMs() - since).toBeGreaterThan(LIMITS.proxyLeaseMs - 100);
    await p1.register([]);
    const own = await p1.anchor(idOf(2), "b");
    p1.held.delete(own.sessionId);
    await p1.write({ kind: "closeSession" }, own);
    expect(sim.rounds).toHaveLength(1);
    expect(await sim.session(own.sessionId)).toBeUndefined();
  });

  it("while it moves nobody can claim it, also not its holder that registers anew before it was told", async () => {
    for (const isLeaseGivenUp of [true, false]) {
      const { sim, p1, p2, session } = await withSession();
      const moving = p2.send([{ command: { kind: "resumeSession", secretHash: null }, session: owned }]);
      await sim.clock.runFor(100);
      expect(sim.rounds).toHaveLength(1);
      expect(await p1.register([session], ...(isLeaseGivenUp ? [] : [null]))).toEqual([S]);
      expect(await sim.settle(moving)).toMatchObject([{ answer: { status: "sessionResumed" } }]);
    }
  });

  it("the master's own gateway is told directly, before the commit", async () => {
    const sim = await SimMaster.start();
    const p1 = await sim.proxy("p1");
    const { sessions } = sim.master.service;
    const caller = { principal: "user:alice", tokenHash: tokenHash("alice") };
    const gone: string[] = [];
    const voice = sessions.newVoice({
      onGrant: () => {},
      onGone: (sessionId, why) => void gone.push(`${sessionId} ${why}`),
    });
    const { sessionId } = sessions.open(caller, undefined, voice);
    const command = ephemeral("a");
    const { attachment } = await sim.settle(sessions.execute(caller, { sessionId, operationId: "1", command }));
    expect(attachment).toBeGreaterThan(0);
    expect(await sim.metric("orphans")).toBe(0);
    await p1.write({ kind: "closeSession" }, { sessionId, attachment: null });
    expect(gone).toEqual([`${sessionId} ended`]);
    expect(sim.rounds).toEqual([]);
    expect(() => sessions.keepAlive(caller, sessionId, voice)).toThrow();
  });
});

import { describe, expect, it } from "vitest";
import type { Commit } from "../../shared/protocol/link.js";
import { ephemeral, idOf, SimMaster, unanchored } from "../sim-master.fixture.js";

const [A, B, C] = [idOf(1), idOf(2), idOf(3)];
const waiting = ephemeral("x", { wait: true, lockDelayMs: 2_000 });

/** A holds the lock, B and then C wait for it, each at a proxy of its own. */
async function withQueue() {
  const sim = await SimMaster.start();
  const [p1, p2] = [await sim.proxy("p1"), await sim.proxy("p2")];
  const holder = await p1.anchor(A, "x", { lockDelayMs: 2_000 });
  const told: Commit[] = [];
  sim.master.service.feed.follow({ onCommit: (commit) => void told.push(commit), onLost: () => {} });
  expect((await p2.write(waiting, unanchored(B), { operationId: "B waits" })).answer).toEqual({ status: "waiting" });
  expect((await p2.write(waiting, unanchored(C), { operationId: "C waits" })).answer).toEqual({ status: "waiting" });
  return { sim, p1, p2, holder, told };
}

describe("S7: a waiting acquire is a journaled place", () => {
  it("a release grants it in the same commit, and the grant is told on the bus, in the feed and to a retry", async () => {
    const { sim, p1, p2, holder, told } = await withQueue();
    const { answer } = await p1.write(ephemeral("x"), holder);
    await p1.write({ kind: "release", name: "x", leaseId: (answer as { leaseId: string }).leaseId }, holder);
    await sim.clock.runFor(10);
    const grant = { sessionId: B, operationId: "B waits", name: "x", answer: { status: "acquired", fencingToken: 2 } };
    expect(told.at(-1)).toMatchObject({ changes: [{ event: "acquired" }], grants: [grant] });
    expect(sim.events.at(-1)?.commits.at(-1)).toEqual(told.at(-1));
    expect((await p2.write(waiting, unanchored(B), { operationId: "B waits" })).answer).toMatchObject(grant.answer);
  });

  it("the end of a lock delay grants it, by a timer that watches for that", async () => {
    const { sim, p1, p2, holder } = await withQueue();
    await p1.keepFor(16_000);
    await p2.register([...p2.held].map(([sessionId, attachment]) => ({ sessionId, attachment })));
    p1.held.delete(A);
    await p1.renew({ ended: [holder] });
    await sim.clock.runFor(1_900);
    expect(await sim.holder("x")).toBeUndefined();
    await sim.clock.runFor(200);
    expect(await sim.holder("x")).toBe(2);
    expect(await sim.session(B)).toMatchObject({ locks: [{ name: "x", fencingToken: 2 }], waits: [] });
    expect(await sim.metric("waiting_places")).toBe(1);
  });

  it("places outlive the master, and a lock without a TTL never expires", async () => {
    const { sim, p1, p2, holder } = await withQueue();
    const held = [...p2.held].map(([sessionId, attachment]) => ({ sessionId, attachment }));
    sim.kill();
    await sim.boot();
    await p1.register([holder], null);
    await p2.register(held, null);
    for (let second = 0; second < 100; second++) {
      await p1.renew();
      await p2.keepFor(1_000);
    }
    expect(await sim.holder("x")).toBe(1);
    expect(await sim.session(C)).toMatchObject({ waits: [{ name: "x", operationId: "C waits" }] });
  });
});

describe("W1: the feed of the master's own gateway", () => {
  it("tells each commit in order, and what came after a revision, over a restart too", async () => {
    const { sim, told } = await withQueue();
    const { feed } = sim.master.service;
    const p3 = await sim.proxy("p3");
    const from = feed.revision;
    for (const name of ["a", "b", "c"]) await p3.anchor(idOf(name.charCodeAt(0)), name);
    const revisions = told.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    const since = await feed.since(from);
    expect(since).toMatchObject({ revision: feed.revision });
    const commits = since === "compacted" ? [] : since.commits;
    expect(commits.map(({ changes }) => changes[0]?.entry.key)).toEqual(["lock/a", "lock/b", "lock/c"]);
    sim.kill();
    await sim.boot();
    expect(await sim.master.service.feed.since(from)).toMatchObject({ commits });
    expect(await sim.master.service.feed.since(from + 1_000)).toBe("compacted");
  });
});

describe("the call execute", () => {
  it("answers a batch when each write is decided or held up, and a single one when it is decided", async () => {
    const { sim, p1, p2, holder } = await withQueue();
    await sim.settle(sim.master.link.fill({ epoch: sim.epoch, proxyId: p2.proxyId, keys: ["lock/slow"] }));
    const slow = { command: ephemeral("slow"), session: holder, operationId: "slow" };
    const sentMs = sim.clock.monotonicMs();
    const batch = p1.send([slow, { command: ephemeral("fast"), session: holder }, { ...slow, token: "nobody" }]);
    expect(await sim.settle(batch)).toMatchObject([
      { status: "heldUp" },
      { status: "decided", answer: { status: "acquired" }, attachment: holder.attachment },
      { status: "heldUp" },
    ]);
    expect(sim.clock.monotonicMs() - sentMs).toBeLessThan(100);
    expect(await sim.settle(p1.send([slow]))).toMatchObject([{ answer: { status: "acquired", fencingToken: 3 } }]);
    expect(sim.clock.monotonicMs() - sentMs).toBeGreaterThan(2_000);
  });

  it("the operation's fingerprint names the session: another's write under the same id is another request", async () => {
    const { p2 } = await withQueue();
    const write = (session: string) => p2.write(ephemeral("y"), unanchored(session), { operationId: "same" });
    expect((await write(B)).answer).toMatchObject({ status: "acquired" });
    expect((await write(B)).answer).toMatchObject({ status: "acquired" });
    expect((await write(C)).answer).toMatchObject({ status: "refused", code: "conflict" });
  });

  it("what is no single entry is filled without a grant", async () => {
    const { sim, p1 } = await withQueue();
    const keys = ["proxies/", `session/${A}`, "list/", "lock/free"];
    const { filled } = await sim.settle(sim.master.link.fill({ epoch: sim.epoch, proxyId: p1.proxyId, keys }));
    expect(filled.map(({ grant }) => grant)).toEqual([null, null, null, 0]);
    expect(filled[0]?.entry.value).toEqual({
      kind: "proxies",
      proxies: [
        { name: "p1", url: "http://p1", zone: "" },
        { name: "p2", url: "http://p2", zone: "" },
      ],
    });
    expect(filled[1]?.entry.value).toMatchObject({ kind: "session", sessionId: A, lockCount: 1 });
  });
});

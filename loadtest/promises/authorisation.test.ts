import { describe, expect, it } from "vitest";
import { tokenKey } from "../../shared/protocol/keys.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { SimCell } from "./sim-cell.fixture.js";

const WITHOUT_ALICE = ["bob", "carol"];
const DOORS = [0, 1, "master"] as const;
const aliceHash = tokenHash("alice");

/** Whether a read with alice's token is answered at this door. */
const isAnswered = (cell: SimCell, at: number | "master"): Promise<boolean> =>
  cell.read(at, "x").then(
    () => true,
    () => false,
  );

/** Alice holds `x`; her token and the lock are in the caches of both proxies. */
async function withAlice() {
  const cell = await SimCell.start();
  const lease = await cell.take("master", "alice", "x", { metadata: "hers" });
  for (const at of [0, 1]) await cell.readNow(at, "x");
  return { cell, lease };
}

describe("P10 No read without leave", () => {
  it.each([
    { name: "a bus that works", lossRatio: 0 },
    { name: "a bus that loses half", lossRatio: 0.5 },
    { name: "a bus that loses all", lossRatio: 1 },
  ])("with $name no read with a revoked token is answered after the revocation was", async ({ lossRatio }) => {
    const { cell } = await withAlice();
    cell.bus.faults.lossRatio = lossRatio;
    const revocation = cell.track(cell.setTokens(WITHOUT_ALICE));
    let tooLate = 0;
    let before = 0;
    const reader = async (at: (typeof DOORS)[number]): Promise<void> => {
      for (let i = 0; i < 400; i++) {
        const revoked = revocation.state !== "pending";
        const answered = (await isAnswered(cell, at)) ? 1 : 0;
        if (revoked) tooLate += answered;
        else before += answered;
        await new Promise<void>((resolve) => cell.clock.after(3, resolve));
      }
    };
    await cell.settle(Promise.all(DOORS.map(reader)));
    expect(revocation.state).toBe("resolved");
    expect({ tooLate, wasInUse: before > 0 }).toEqual({ tooLate: 0, wasInUse: true });
  });

  it("not even as a cache hit in the turn in which the revocation is answered", async () => {
    const { cell } = await withAlice();
    expect([cell.cached(0, "x"), cell.cached(1, "x")]).not.toContain(undefined);
    let hits: unknown[] = [];
    const revocation = cell.setTokens(WITHOUT_ALICE).then(() => {
      hits = [cell.cached(0, "x"), cell.cached(1, "x")];
    });
    await cell.settle(revocation);
    for (const at of [0, 1]) {
      const view = cell.door(at).readCached([tokenKey(aliceHash)]);
      expect(view?.entries[0]?.value ?? null).toBeNull();
    }
    expect(hits).toEqual([undefined, undefined]);
    for (const at of DOORS) expect(await cell.settle(isAnswered(cell, at))).toBe(false);
  });

  it("nor first thing at a proxy that slept through the revocation", async () => {
    const { cell } = await withAlice();
    cell.proxy(1).process.pause();
    await cell.settle(cell.setTokens(WITHOUT_ALICE));
    cell.proxy(1).process.resume();
    expect(cell.cached(1, "x")).toBeUndefined();
    expect(await cell.settle(isAnswered(cell, 1))).toBe(false);
  });

  it("permissions in answers that were asked for as stale are never older than 60 s", async () => {
    const { cell } = await withAlice();
    cell.proxy(1).linkFaults.partitioned = "both";
    cell.bus.partition("p2", "both");
    const lastRenewalMs = cell.proxy(1).link.sent("renew").at(-1)?.atMs ?? 0;
    await cell.settle(cell.setTokens(WITHOUT_ALICE));
    const stale = () => cell.readNow(1, "x", { maxStaleMs: 3_600_000 });
    expect(await stale()).toMatchObject({ source: "stale" });
    await cell.clock.runFor(lastRenewalMs + 3_000 + 60_000 - cell.clock.monotonicMs());
    await expect(stale()).rejects.toMatchObject({ code: "overloaded" });
  });

  it("A1: token and lock are of one instant: no revoked reader sees what was written after the revocation", async () => {
    const { cell, lease } = await withAlice();
    await cell.settle(cell.setMetadata("master", "alice", "x", lease, "earlier"));
    // Alice's token is in the cache and the lock is not: the round for it came, and its event is held back.
    cell.proxy(1).bus.hold("events");
    await cell.settle(cell.setMetadata("master", "alice", "x", lease, "old"));
    expect(cell.door(1).readCached([tokenKey(aliceHash)])?.entries[0]?.value).not.toBeNull();
    expect(cell.cached(1, "x")).toBeUndefined();
    const gate = cell.proxy(1).link.hold("fill", "request");
    const reading = cell.read(1, "x");
    await cell.clock.runUntil(() => gate.reached, 100);
    await cell.settle(cell.setTokens(["bob"]));
    await cell.settle(cell.release("master", "alice", "x", lease));
    gate.open();
    await expect(cell.settle(reading)).rejects.toMatchObject({ code: "authentication_failed" });
  });

  it("A1: nor is a read put together from a cached token and a lock that was filled after it was dropped", async () => {
    const { cell } = await withAlice();
    await cell.take("master", "bob", "y");
    const gate = cell.proxy(1).link.hold("fill", "request");
    const reading = cell.read(1, "y");
    await cell.clock.runUntil(() => gate.reached, 100);
    await cell.settle(cell.setTokens(WITHOUT_ALICE));
    gate.open();
    await expect(cell.settle(reading)).rejects.toMatchObject({ code: "authentication_failed" });
    expect(cell.proxy(1).link.sent("fill").at(-1)?.request.keys).toContain(tokenKey(aliceHash));
  });

  it("A3: a command that crosses the revocation of its token is refused at the commit", async () => {
    const { cell, lease } = await withAlice();
    // Carol reads through a proxy of her own, which then sleeps: alice's write waits for it, her token does not.
    cell.addProxy("p3");
    await cell.allReady();
    await cell.readNow(2, "x", { token: "carol" });
    cell.proxy(2).process.pause();
    const write = cell.track(cell.setMetadata(0, "alice", "x", lease, "too late"));
    await cell.clock.runFor(50);
    const revocation = cell.track(cell.setTokens(WITHOUT_ALICE));
    await cell.clock.runFor(50);
    expect([write.state, revocation.state]).toEqual(["pending", "resolved"]);
    expect(await cell.settle(write.promise)).toMatchObject({ status: "refused", code: "authentication_failed" });
    expect(cell.inForce("x")?.metadata).toBe("hers");
  });

  it("a principal's new token works at once, and a token that changes its principal is a change", async () => {
    const { cell } = await withAlice();
    await cell.settle(cell.setTokens(["alice", "bob", "carol", "dave"]));
    for (const at of DOORS) expect((await cell.readNow(at, "x", { token: "dave" })).value?.metadata).toBe("hers");
    const { master } = cell;
    await cell.settle(master?.setTokens([{ hash: aliceHash, principal: "user:bob" }]) ?? Promise.reject());
    for (const at of [0, 1]) {
      const view = await cell.settle(cell.door(at).read([tokenKey(aliceHash)], {}));
      expect(view.entries[0]?.value).toMatchObject({ principal: "user:bob" });
    }
  });
});

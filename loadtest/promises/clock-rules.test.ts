import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { withHolder } from "./held-entry.fixture.js";

describe("S4 and stalls: the lease is checked at the moment of use, on both clocks", () => {
  it("a wall clock that steps forward ends the lease at once", async () => {
    const { cell, holder, at } = await withHolder();
    expect(cell.cached(at, "x")?.metadata).toBe("0");
    holder.process.stepWall(LIMITS.proxyLeaseMs);
    expect([cell.cached(at, "x"), cell.door(at).mayKeepAlive()]).toEqual([undefined, false]);
    await cell.clock.runFor(1_100);
    expect(cell.door(at).mayKeepAlive()).toBe(true);
  });

  it("one that steps back lengthens nothing", async () => {
    const { cell, holder, at } = await withHolder();
    await cell.clock.runFor(1_500);
    holder.linkFaults.partitioned = "both";
    const sentMs = holder.link.sent("renew").at(-1)?.atMs as number;
    holder.process.stepWall(-3_600_000);
    const endMs = sentMs + LIMITS.proxyLeaseMs * LIMITS.driftFactor;
    await cell.clock.runFor(endMs - 1 - cell.clock.monotonicMs());
    expect(cell.cached(at, "x")?.metadata).toBe("0");
    await cell.clock.runFor(1);
    expect([cell.cached(at, "x"), cell.door(at).mayKeepAlive()]).toEqual([undefined, false]);
  });

  it("a proxy that stalled for longer than its lease does not answer from its cache first", async () => {
    const { cell, holder, at, set } = await withHolder();
    holder.process.pause();
    await cell.settle(set("1"));
    holder.process.resume();
    expect([cell.cached(at, "x"), cell.door(at).mayKeepAlive()]).toEqual([undefined, false]);
    expect((await cell.readNow(at, "x")).value?.metadata).toBe("1");
  });

  it("a lease counts from before the request was sent, however long its answer took", async () => {
    const { cell, holder, at } = await withHolder();
    const gate = holder.link.hold("renew", "reply");
    await cell.clock.runUntil(() => gate.reached, 2_000);
    const sentMs = holder.link.sent("renew").at(-1)?.atMs as number;
    await cell.clock.runFor(1_800);
    holder.linkFaults.partitioned = "both";
    gate.open();
    const endMs = sentMs + LIMITS.proxyLeaseMs * LIMITS.driftFactor;
    await cell.clock.runFor(endMs - 1 - cell.clock.monotonicMs());
    expect(cell.door(at).mayKeepAlive()).toBe(true);
    await cell.clock.runFor(1);
    expect(cell.door(at).mayKeepAlive()).toBe(false);
  });

  it("so does the first lease, and one that a register got", async () => {
    const { cell, holder, at } = await withHolder();
    await cell.clock.runFor(1_100);
    const gate = holder.link.hold("register", "reply");
    await cell.endLease(at);
    await cell.clock.runUntil(() => gate.reached, 2_000);
    const sentMs = holder.link.sent("register").at(-1)?.atMs as number;
    await cell.clock.runFor(1_800);
    holder.linkFaults.partitioned = "both";
    gate.open();
    await cell.clock.runFor(sentMs + LIMITS.proxyLeaseMs * LIMITS.driftFactor - 1 - cell.clock.monotonicMs());
    expect(cell.door(at).mayKeepAlive()).toBe(true);
    await cell.clock.runFor(1);
    expect(cell.door(at).mayKeepAlive()).toBe(false);
  });
});

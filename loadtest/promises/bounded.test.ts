import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import { SimCell } from "./sim-cell.fixture.js";
import { DISK_WRITE_MS } from "./sim-machines.fixture.js";

/** A cell in which the second proxy holds `x` in its cache, and only the first one `y`. */
async function withHolders(): Promise<{ cell: SimCell; set: (name: "x" | "y", value: string) => Promise<unknown> }> {
  const cell = await SimCell.start();
  const leases = { x: await cell.take("master", "alice", "x"), y: await cell.take("master", "alice", "y") };
  await cell.readNow(1, "x");
  await cell.readNow(0, "y");
  return { cell, set: (name, value) => cell.setMetadata("master", "alice", name, leases[name], value) };
}

describe("P7 Bounded: a paused proxy delays writes to what it holds by one lease at most", () => {
  it.each([0, 1, 250, 500, 998])(
    "paused %i ms after it renewed: until its lease is over, and not longer",
    async (ms) => {
      const { cell, set } = await withHolders();
      const { link, process } = cell.proxy(1);
      const before = link.sent("renew").length;
      await cell.clock.runUntil(() => link.sent("renew").length > before, 2_000);
      const arrivedMs = cell.clock.monotonicMs() + 0.5;
      await cell.clock.runFor(1 + ms);
      process.pause();
      const write = cell.track(set("x", "1"));
      await cell.settle(write.promise);
      const openedMs = cell.lastRound().atMs;
      const leaseOverMs = arrivedMs + LIMITS.proxyLeaseMs;
      expect(write.atMs).toBeGreaterThanOrEqual(leaseOverMs);
      expect(write.atMs).toBeLessThanOrEqual(leaseOverMs + DISK_WRITE_MS);
      expect(write.atMs - openedMs).toBeLessThanOrEqual(LIMITS.proxyLeaseMs + DISK_WRITE_MS);
    },
  );

  it("a renewal that was on its way when the round opened does not add to the bound", async () => {
    const { cell, set } = await withHolders();
    const { link, process } = cell.proxy(1);
    const renewal = link.hold("renew", "request");
    await cell.clock.runUntil(() => renewal.reached, 2_000);
    const write = cell.track(set("x", "1"));
    cell.bus.faults.lossRatio = 1;
    await cell.clock.runFor(1_500);
    process.pause();
    renewal.open();
    await cell.settle(write.promise);
    const openedMs = cell.lastRound().atMs;
    expect(write.atMs - openedMs).toBeLessThanOrEqual(LIMITS.proxyLeaseMs + DISK_WRITE_MS);
  });

  it("L3: nor does a proxy that renews for ever without an ack", async () => {
    const { cell, set } = await withHolders();
    const { link } = cell.proxy(1);
    cell.bus.disconnect("p2");
    link.rewrite = (call, request) => (call === "renew" ? { ...request, acks: [] } : request);
    const write = cell.track(set("x", "1"));
    await cell.settle(write.promise);
    const openedMs = cell.lastRound().atMs;
    expect(link.sent("renew").filter(({ atMs }) => atMs > openedMs).length).toBeGreaterThan(2);
    expect(write.atMs - openedMs).toBeGreaterThanOrEqual(LIMITS.proxyLeaseMs);
    expect(write.atMs - openedMs).toBeLessThanOrEqual(LIMITS.proxyLeaseMs + DISK_WRITE_MS);
  });

  it("writes to what it does not hold are not delayed, not even those of the same turn and round", async () => {
    const { cell, set } = await withHolders();
    cell.proxy(1).process.pause();
    const [slow, fast] = [cell.track(set("x", "1")), cell.track(set("y", "1"))];
    const acquired = cell.track(cell.acquire("master", "bob", "z"));
    await cell.clock.runFor(10);
    expect(cell.rounds()).toHaveLength(1);
    expect([slow.state, fast.state, acquired.state]).toEqual(["pending", "resolved", "resolved"]);
    const later = cell.track(set("y", "2"));
    await cell.clock.runFor(10);
    expect([slow.state, later.state]).toEqual(["pending", "resolved"]);
    await cell.settle(slow.promise);
  });

  it("a lease that runs out in the very turn in which its round is opened is not waited for", async () => {
    const cell = new SimCell({});
    const creep = { byMs: 0, sumMs: 0 };
    await cell.startMaster({
      clockOf: (process) => ({
        monotonicMs: () => {
          creep.sumMs += creep.byMs;
          return process.monotonicMs() + creep.sumMs;
        },
        wallMs: () => process.wallMs(),
        after: (delayMs, fn) => process.after(delayMs, fn),
        afterTurn: (fn) => process.afterTurn(fn),
      }),
    });
    cell.addProxy("p1");
    await cell.allReady();
    const names = Array.from({ length: 40 }, (_, i) => `lock-${i}`);
    for (const name of names) await cell.readNow(0, name);
    const { process, link } = cell.proxy(0);
    const renewed = link.sent("renew").length;
    await cell.clock.runUntil(() => link.sent("renew").length > renewed, 2_000);
    await cell.clock.runFor(1);
    process.pause();
    await cell.clock.runFor(LIMITS.proxyLeaseMs - 6);
    const writes = names.map((name) => cell.acquire("master", "alice", name));
    // From here on each look at the clock finds that time has passed: the lease ends between two looks.
    creep.byMs = 0.25;
    const answers = await cell.settle(Promise.all(writes));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => "acquired"));
  });
});

import { describe, expect, it } from "vitest";
import { Fault } from "../../shared/protocol/errors.js";
import { LIMITS } from "../../shared/protocol/limits.js";
import { SimCell } from "./sim-cell.fixture.js";

const MINUTE_MS = 60_000;

/** A hundred thousand writes of a whole cell, on however slow a machine. */
const MANY_WRITES_MS = 180_000;

describe("P5 Exactly once", () => {
  it("a write whose answer the network lost is retried by the proxy, and takes effect once", async () => {
    const cell = await SimCell.start();
    const lease = await cell.take("master", "alice", "a");
    const { linkFaults } = cell.proxy(0);
    linkFaults.lostAfterRatio = 1;
    const release = cell.release(0, "alice", "a", lease);
    const acquire = cell.acquire(0, "alice", "b");
    await cell.clock.runUntil(() => linkFaults.counts.lostAfter >= 2, 1_000);
    linkFaults.lostAfterRatio = 0;
    // A second release would be told that the lease is not current; a second acquire answers alike, so tokens tell.
    expect(await cell.settle(release)).toEqual({ status: "released" });
    expect(await cell.settle(acquire)).toMatchObject({ status: "acquired", fencingToken: 2 });
    expect(await cell.take(0, "alice", "c")).toMatchObject({ fencingToken: 3 });
    const sent = cell.proxy(0).link.sent("execute");
    const ids = sent.flatMap(({ request }) => request.writes.map(({ operationId }) => operationId));
    expect(ids.length).toBeGreaterThan(3);
    expect(new Set(ids).size).toBe(3);
  });

  it("a client's retry with its own id at another proxy gets the answer of the first", async () => {
    const cell = await SimCell.start();
    const lease = await cell.take("master", "alice", "a");
    cell.proxy(0).linkFaults.partitioned = "replies";
    const command = { kind: "release", name: "a", leaseId: lease.leaseId } as const;
    void cell.execute(0, "alice", command, "my-id").catch(() => {});
    await cell.clock.runFor(500);
    expect(await cell.settle(cell.execute(1, "alice", command, "my-id"))).toEqual({ status: "released" });
    // Somebody else has it now: a release that took effect a second time would be his.
    await cell.take(1, "bob", "a");
    expect(await cell.settle(cell.execute("master", "alice", command, "my-id"))).toEqual({ status: "released" });
    expect((await cell.readNow(1, "a")).value).not.toBeNull();
  });

  it("also after kill -9 of the master between the effect and the answer, and a restart", async () => {
    const cell = await SimCell.start();
    const asked = { operationId: "my-id" };
    cell.proxy(0).linkFaults.partitioned = "replies";
    const byProxy = cell.acquire(0, "alice", "a", asked);
    await cell.clock.runUntil(() => cell.inForce("a") != null, 1_000);
    const first = cell.inForce("a");
    cell.killMaster();
    cell.proxy(0).linkFaults.partitioned = "none";
    await cell.startMaster();
    await cell.allReady();
    const retried = await cell.settle(cell.acquire(1, "alice", "a", asked));
    expect(retried).toMatchObject({ status: "acquired", fencingToken: first?.fencingToken });
    expect(await cell.settle(byProxy)).toEqual(retried);
    expect(await cell.take(0, "alice", "b")).toMatchObject({ fencingToken: 2 });
  });

  it("a refusal is kept like any other answer", async () => {
    const cell = await SimCell.start();
    const lease = await cell.take(0, "alice", "a");
    const refused = await cell.settle(cell.acquire(0, "bob", "a", { operationId: "bob-1" }));
    expect(refused).toMatchObject({ status: "held" });
    await cell.settle(cell.release(0, "alice", "a", lease));
    expect(await cell.settle(cell.acquire(1, "bob", "a", { operationId: "bob-1" }))).toEqual(refused);
    expect(await cell.settle(cell.acquire(1, "bob", "a", { operationId: "bob-2" }))).toMatchObject({
      status: "acquired",
    });
  });

  it("the same id with another command is a conflict, and changes nothing", async () => {
    const cell = await SimCell.start();
    await cell.settle(cell.acquire(0, "alice", "a", { operationId: "id" }));
    const other = await cell.settle(cell.acquire(1, "alice", "b", { operationId: "id" }));
    expect(other).toMatchObject({ status: "refused", code: "conflict", httpStatus: 409 });
    expect((await cell.readNow(1, "b")).value).toBeNull();
  });

  it("two users' same ids do not meet", async () => {
    const cell = await SimCell.start();
    const alices = await cell.settle(cell.acquire(0, "alice", "a", { operationId: "id" }));
    const bobs = await cell.settle(cell.acquire(0, "bob", "a", { operationId: "id" }));
    expect([alices.status, bobs.status]).toEqual(["acquired", "held"]);
  });

  it("an id is kept for 15 minutes of the cell's time, which stands still while no master runs", async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const lease = await cell.take(0, "alice", "a");
    const refused = await cell.settle(cell.acquire(0, "bob", "a", { operationId: "id" }));
    await cell.settle(cell.release(0, "alice", "a", lease));
    await cell.clock.runFor(5 * MINUTE_MS);
    await cell.stopMaster();
    await cell.clock.runFor(60 * MINUTE_MS);
    await cell.startMaster();
    await cell.allReady();
    await cell.clock.runFor(9.9 * MINUTE_MS);
    expect(await cell.settle(cell.acquire(0, "bob", "a", { operationId: "id" }))).toEqual(refused);
    await cell.clock.runFor(0.2 * MINUTE_MS);
    expect(await cell.settle(cell.acquire(0, "bob", "a", { operationId: "id" }))).toMatchObject({ status: "acquired" });
  });

  it("O1: beyond the bound new writes of that user are refused, and no id is dropped for want of room", {
    timeout: MANY_WRITES_MS,
  }, async () => {
    const cell = await SimCell.start({ proxies: 1 });
    const command = (i: number) => ({ kind: "release", name: `lock-${i}`, leaseId: "none" }) as const;
    const writes = Array.from({ length: LIMITS.operationsPerPrincipalMax }, (_, i) =>
      cell.execute("master", "alice", command(i), `id-${i}`),
    );
    const answers = await cell.settle(Promise.all(writes));
    const beyond = cell.settle(cell.acquire(0, "alice", "a", { operationId: "one-too-many" }));
    await expect(beyond).rejects.toMatchObject({ code: "rate_limited", httpStatus: 429, retryAfterMs: 1_000 });
    await expect(beyond).rejects.toBeInstanceOf(Fault);
    expect(await cell.settle(cell.execute(0, "alice", command(0), "id-0"))).toEqual(answers[0]);
    expect(await cell.settle(cell.acquire(0, "bob", "a", { operationId: "bob" }))).toMatchObject({
      status: "acquired",
    });
  });
});

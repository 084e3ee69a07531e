import { beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../shared/protocol/limits.js";
import { ACQUIRED, ALICE, acquire, grantOf, settle } from "../shared/sessions/sessions.fixture.js";
import { commit, ProxyFixture } from "./proxy.fixture.js";

const LEASE_MS = LIMITS.sessionLeaseMsDefault;
const refused = expect.objectContaining({ code: "overloaded" });

let cell: ProxyFixture;
let told: string[];
beforeEach(async () => {
  cell = await new ProxyFixture().started();
  cell.attachAll();
  told = [];
});

const bytesOfRenewal = async (): Promise<number> => {
  const before = cell.asked("renew").length;
  await cell.world.runFor(2 * LIMITS.renewEveryMs);
  const renewals = cell.asked("renew").slice(before);
  expect(renewals).toHaveLength(2);
  return JSON.stringify(renewals.at(-1)).length;
};

describe("P8: what a proxy's sessions cost the master while nothing changes", () => {
  it("is the same for 10,000 as for 10, anchored or not", async () => {
    const voice = cell.voice();
    await cell.anchored(10, voice);
    const few = await bytesOfRenewal();
    await cell.anchored(9_990, voice);
    for (let n = 0; n < 10_000; n += 1) cell.sessions.open(ALICE, undefined, voice);
    expect(cell.sessions.size).toBe(20_000);
    cell.sessions.hear(voice);
    const many = await bytesOfRenewal();
    expect(Math.abs(many - few)).toBeLessThanOrEqual(8); // the digits of the count, and of the newest number
  });
});

describe("a proxy's sessions", () => {
  it("are answered for only while its lease runs, by either clock (S4)", async () => {
    const voice = cell.voice();
    const [anchored] = (await cell.anchored(1, voice)) as [string];
    const { sessionId: local } = cell.sessions.open(ALICE, undefined, voice);
    cell.linkFaults.partitioned = "both";
    await cell.world.runFor(LIMITS.proxyLeaseMs - 1_100);
    expect(cell.sessions.keepAlive(ALICE, local, voice).leaseMs).toBe(LEASE_MS);
    await cell.world.runFor(1_100);
    for (const id of [anchored, local]) expect(() => cell.sessions.keepAlive(ALICE, id, voice)).toThrow(refused);
    cell.linkFaults.partitioned = "none";
    await cell.world.runUntil(() => cell.proxy.service.mayKeepAlive(), 5_000);
    expect(cell.sessions.keepAlive(ALICE, anchored, voice)).toEqual({ leaseMs: LEASE_MS, attachment: 101 });
    cell.machine.stepWall(LIMITS.proxyLeaseMs);
    expect(() => cell.sessions.keepAlive(ALICE, anchored, voice)).toThrow(refused);
  });

  it("are refused KeepAlives in the very turn in which a stalled loop goes on", async () => {
    const voice = cell.voice();
    const { sessionId } = cell.sessions.open(ALICE, undefined, voice);
    let answer: unknown;
    cell.machine.after(10, () => {
      try {
        answer = cell.sessions.keepAlive(ALICE, sessionId, voice);
      } catch (error) {
        answer = error;
      }
    });
    cell.machine.pause();
    await cell.world.runFor(LIMITS.proxyLeaseMs + 100);
    cell.machine.resume();
    await cell.world.runUntil(() => answer !== undefined, 100);
    expect(answer).toEqual(refused);
  });

  it("are kept when the lease is lost, and claimed with their numbers at the next register", async () => {
    const voice = cell.voice(told);
    const ids = await cell.anchored(2, voice);
    cell.sessions.open(ALICE, undefined, voice);
    cell.linkFaults.partitioned = "both";
    await cell.world.runFor(2 * LEASE_MS);
    expect([cell.sessions.size, told]).toEqual([3, []]);
    cell.linkFaults.partitioned = "none";
    const register = cell.master.script.register as NonNullable<typeof cell.master.script.register>;
    cell.master.script.register = async (request) => ({ ...(await register(request)), gone: [ids[0] as string] });
    await cell.world.runUntil(() => cell.proxy.service.mayKeepAlive(), 5_000);
    const claims = ids.map((sessionId, n) => ({ sessionId, attachment: 101 + n }));
    expect(cell.asked("register").at(-1)).toMatchObject({ sessions: claims, ended: [] });
    expect([cell.sessions.size, told]).toEqual([2, ["taken"]]);
    await cell.world.runFor(LEASE_MS - 1_000);
    expect(cell.sessions.size).toBe(2);
    await cell.world.runFor(1_250);
    expect(cell.sessions.size).toBe(0);
  });

  it("are reported within two seconds of their silence, in each call until one is answered (P7, L4)", async () => {
    const [sessionId] = await cell.anchored(1, cell.voice());
    await cell.world.runFor(LEASE_MS - 100);
    cell.linkFaults.partitioned = "replies";
    const report = [{ sessionId, attachment: 101 }];
    await cell.world.runUntil(() => cell.asked("renew").at(-1)?.ended.length === 1, 1_600);
    expect(cell.asked("renew").at(-1)?.ended).toEqual(report);
    await cell.world.runFor(4_000);
    cell.linkFaults.partitioned = "none";
    await cell.world.runUntil(() => cell.proxy.service.mayKeepAlive(), 5_000);
    expect(cell.asked("register").at(-1)).toMatchObject({ sessions: [], ended: report });
    await cell.world.runFor(1_500);
    expect(cell.asked("renew").at(-1)?.ended).toEqual([]);
  });

  it("are reported in time also where there are more than one call takes (P7)", async () => {
    await cell.anchored(25_000, cell.voice());
    await cell.world.runUntil(() => cell.sessions.size === 0, 2 * LEASE_MS);
    await cell.world.runFor(1_500);
    expect(cell.asked("renew").flatMap(({ ended }) => ended)).toHaveLength(25_000);
  });

  it("are reported no more when a renewal was answered", async () => {
    await cell.anchored(1, cell.voice());
    await cell.world.runFor(LEASE_MS + 4_000);
    expect(cell.asked("renew").filter(({ ended }) => ended.length > 0)).toHaveLength(1);
  });

  it("are dropped by a round before it is acked, and by its repetition no more (S6)", async () => {
    const voice = cell.voice(told);
    const [sessionId] = (await cell.anchored(1, voice)) as [string];
    const acks: unknown[] = [];
    cell.masterBus.subscribe("acks", (text) => acks.push([JSON.parse(text).ack.round, cell.sessions.size]));
    cell.publishRound(7, [`session/${sessionId}`]);
    await cell.world.runFor(50);
    expect([acks, told]).toEqual([[[7, 0]], ["taken"]]);
    cell.master.script.execute = () => ({
      results: [
        {
          status: "decided",
          answer: { status: "sessionResumed", leaseMs: LEASE_MS, locks: [], waits: [] },
          attachment: 200,
        },
      ],
      revision: 200,
    });
    await cell.world.settle(cell.sessions.resume(ALICE, sessionId, "secret", voice), 1_000);
    cell.publishRound(7, [`session/${sessionId}`]);
    await cell.world.runFor(50);
    expect(acks).toEqual([
      [7, 0],
      [7, 1],
    ]);
    cell.publishRound(8, [`session/${sessionId}`]);
    await cell.world.runFor(50);
    expect(cell.sessions.size).toBe(0);
  });

  it("are dropped when a renewal lists them as gone, which the next one confirms", async () => {
    const voice = cell.voice(told);
    const [first, second] = (await cell.anchored(2, voice)) as [string, string];
    const renew = cell.master.script.renew as NonNullable<typeof cell.master.script.renew>;
    const gone = [
      { sessionId: first, attachment: 101, sequence: 4 },
      { sessionId: second, attachment: 50, sequence: 5 },
    ];
    cell.master.script.renew = async (request) => ({ ...(await renew(request)), gone });
    await cell.world.runFor(2_100);
    expect(told).toEqual(["taken"]);
    expect(cell.sessions.keepAlive(ALICE, second, voice).attachment).toBe(102);
    expect(cell.asked("renew").at(-1)?.goneSeen).toBe(5);
  });

  it("are told in more detail as the master wants it (S8)", async () => {
    const [sessionId] = (await cell.anchored(1, cell.voice())) as [string];
    const bucket = Number.parseInt(sessionId.slice(0, 2), 16);
    const renew = cell.master.script.renew as NonNullable<typeof cell.master.script.renew>;
    const wants = ["buckets" as const, [bucket], "digest" as const];
    cell.master.script.renew = async (request) => ({ ...(await renew(request)), wants: wants.shift() ?? "digest" });
    await cell.world.runFor(4_100);
    const [, buckets, lists, digest] = cell
      .asked("renew")
      .slice(-4)
      .map((request) => request.sessions);
    expect(buckets?.buckets?.[bucket]).toBe(buckets?.digest);
    expect(lists?.lists).toEqual([{ bucket, sessions: [{ sessionId, attachment: 101 }] }]);
    expect(digest).toEqual({ count: 1, digest: buckets?.digest, asOf: 101 });
  });

  it("hear of their grants by the events, and of those that the bus lost by a renewal", async () => {
    const [sessionId] = (await cell.anchored(1, cell.voice(told))) as [string];
    cell.master.script.execute = () => ({
      results: [{ status: "decided", answer: { status: "waiting" }, attachment: 101 }],
      revision: 11,
    });
    for (const op of ["w1", "w2"]) {
      const waiting = cell.sessions.execute(ALICE, { sessionId, ...acquire(op, { name: op, wait: true }) });
      expect((await cell.world.settle(waiting, 1_000)).answer).toEqual({ status: "waiting" });
    }
    cell.publish(10, { ...commit(11), grants: [grantOf(sessionId, "w1", "w1")] });
    await cell.world.runFor(50);
    expect(told).toEqual(["granted w1"]);
    const lost = { ...commit(12), grants: [grantOf(sessionId, "w2", "w2")] };
    cell.master.script.events = () => ({ status: "events", commits: [lost], revision: 12 });
    cell.revision = 12;
    await cell.world.runFor(1_200);
    expect(told).toEqual(["granted w1", "granted w2"]);
  });

  it("are given over when the proxy leaves", async () => {
    const [sessionId] = await cell.anchored(1, cell.voice());
    await cell.world.settle(cell.proxy.stop(), 2_000);
    expect(cell.asked("renew").at(-1)).toMatchObject({ leaving: true, sessions: { count: 1, asOf: 101 } });
    expect(sessionId).toBeDefined();
  });

  it("are counted", async () => {
    await cell.anchored(2, cell.voice());
    cell.sessions.open(ALICE, undefined, cell.voice());
    await settle();
    expect(await cell.metric("octofleet_proxy_sessions_anchored")).toBe(2);
    expect(await cell.metric("octofleet_proxy_sessions_local")).toBe(1);
  });
});

describe("the writes of a proxy", () => {
  const write = (operationId: string) => ({
    ...acquire(operationId, { name: operationId }),
    tokenHash: "a1",
  });
  const decided = { status: "decided" as const, answer: ACQUIRED, attachment: null };

  it("of one turn travel together, and one that is held up is sent again alone", async () => {
    cell.master.script.execute = ({ writes }) => ({
      results: writes.map(({ operationId }) =>
        operationId === "slow" && writes.length > 1 ? { status: "heldUp" } : decided,
      ),
      revision: 11,
    });
    const all = ["a", "slow", "b"].map((id) => cell.proxy.service.execute(write(id)));
    await cell.world.settle(Promise.all(all), 1_000);
    const calls = cell.asked("execute").map(({ writes }) => writes.map(({ operationId }) => operationId));
    expect(calls).toEqual([["a", "slow", "b"], ["slow"]]);
    expect(await cell.metric("octofleet_proxy_write_batches_total")).toBe(2);
  });

  it("are each answered for themselves", async () => {
    cell.master.script.execute = ({ writes }) => ({
      results: writes.map(({ operationId }) =>
        operationId === "bad" ? { status: "failed", fault: { code: "rate_limited", details: "Slow down." } } : decided,
      ),
      revision: 11,
    });
    const [good, bad] = ["good", "bad"].map((id) => cell.proxy.service.execute(write(id)));
    const failed = expect(bad).rejects.toMatchObject({ code: "rate_limited" });
    expect(await cell.world.settle(good as Promise<unknown>, 1_000)).toEqual(ACQUIRED);
    await failed;
  });

  it("wait for a lease where they attach a session", async () => {
    cell.linkFaults.partitioned = "both";
    await cell.world.runFor(LIMITS.proxyLeaseMs);
    const { sessionId } = { sessionId: "ab".repeat(16) };
    const closed = cell.sessions.closeAnywhere(ALICE, sessionId);
    await cell.world.runFor(1_000);
    expect(cell.asked("execute")).toEqual([]);
    cell.linkFaults.partitioned = "none";
    await cell.world.settle(closed, 10_000);
    expect(cell.asked("execute")).toMatchObject([{ proxyId: "1-2" }]);
  });
});

describe("the list of the proxies", () => {
  it("is kept for some seconds", async () => {
    const read = () => cell.world.settle(cell.proxy.service.read(["proxies/"], {}), 1_000);
    cell.master.script.fill = () => ({
      ...{ epoch: 1, revision: 10 },
      filled: [{ entry: { key: "proxies/", value: { kind: "proxies", proxies: [] }, revision: 10 }, grant: null }],
    });
    const sources: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      sources.push((await read()).source);
      await cell.world.runFor(1_000);
    }
    expect(sources).toEqual(["miss", "hit", "hit", "hit", "hit", "miss", "hit", "hit"]);
  });
});

import { beforeEach, describe, expect, it } from "vitest";
import type { MasterLink } from "../ports/link.js";
import { Fault } from "../protocol/errors.js";
import type { FillReply, FillRequest } from "../protocol/link.js";
import { SimClock } from "./sim-clock.js";
import { linkFaults, resumeLink, simLink } from "./sim-link.js";
import { SimRandom } from "./sim-random.js";

const REQUEST: FillRequest = { epoch: 1, proxyId: null, keys: ["lock/a"] };

describe("the simulated link", () => {
  let clock: SimClock;
  let faults: ReturnType<typeof linkFaults>;
  let master: MasterLink | undefined;
  let link: MasterLink;
  let arrived: { call: string; request: unknown; atMs: number }[];
  let reply: FillReply;

  beforeEach(() => {
    clock = new SimClock();
    faults = linkFaults();
    arrived = [];
    reply = { epoch: 1, revision: 7, filled: [] };
    const take = (call: string) => async (request: unknown) => {
      arrived.push({ call, request, atMs: clock.monotonicMs() });
      return reply as never;
    };
    master = {
      register: take("register"),
      renew: take("renew"),
      fill: take("fill"),
      execute: take("execute"),
      events: take("events"),
    };
    link = simLink(() => master, { clock, random: new SimRandom("link"), faults });
  });

  const fill = (request = REQUEST) => clock.settle(link.fill(request), 10_000);
  const unavailable = { name: "Fault", code: "upstream_unavailable" };

  it("carries each of the five calls", async () => {
    for (const call of ["register", "renew", "fill", "execute", "events"] as const) {
      const request = { call };
      expect(await clock.settle(link[call](request as never) as Promise<unknown>, 100)).toEqual(reply);
      expect(arrived.pop()).toMatchObject({ call, request });
    }
    await clock.runFor(2 * faults.timeoutMs);
    expect(Object.values(faults.counts).every((count) => count === 0)).toBe(true);
  });

  it("takes a master as it is, too", async () => {
    const direct = simLink(master as MasterLink, { clock, random: new SimRandom(1), faults });
    expect(await clock.settle(direct.fill(REQUEST), 100)).toEqual(reply);
  });

  it("shares no object between the two ends, from the moment of sending", async () => {
    faults.delayMs = { min: 10, max: 10 };
    const request = { ...REQUEST, keys: ["lock/a"] };
    const answering = link.fill(request);
    request.keys.push("lock/b");
    const answer = await clock.settle(answering, 100);
    expect(arrived[0]?.request).toEqual(REQUEST);
    expect(answer).toEqual(reply);
    expect(answer).not.toBe(reply);
    expect(answer.filled).not.toBe(reply.filled);
  });

  it("delays requests and replies", async () => {
    faults.delayMs = { min: 10, max: 30 };
    await fill();
    const requestMs = arrived[0]?.atMs ?? 0;
    for (const delayMs of [requestMs, clock.monotonicMs() - requestMs]) {
      expect(delayMs).toBeGreaterThanOrEqual(10);
      expect(delayMs).toBeLessThanOrEqual(30);
    }
  });

  it("loses a request before it took effect", async () => {
    faults.lostBeforeRatio = 1;
    await expect(fill()).rejects.toMatchObject(unavailable);
    expect(clock.monotonicMs()).toBe(faults.timeoutMs);
    expect(arrived).toEqual([]);
    expect(faults.counts).toMatchObject({ lostBefore: 1, timedOut: 1 });
    faults.lostBeforeRatio = 0;
    expect(await fill()).toEqual(reply);
  });

  it("loses a reply after it took effect", async () => {
    faults.lostAfterRatio = 1;
    await expect(fill()).rejects.toMatchObject(unavailable);
    expect(arrived).toHaveLength(1);
    expect(faults.counts).toMatchObject({ lostBefore: 0, lostAfter: 1, timedOut: 1 });
  });

  it.each([
    { partitioned: "requests", acted: 0 },
    { partitioned: "replies", acted: 1 },
    { partitioned: "both", acted: 0 },
  ] as const)("is partitioned for $partitioned", async ({ partitioned, acted }) => {
    faults.partitioned = partitioned;
    await expect(fill()).rejects.toMatchObject(unavailable);
    expect(arrived).toHaveLength(acted);
    expect(faults.counts.partitioned).toBe(1);
    faults.partitioned = "none";
    expect(await fill()).toEqual(reply);
  });

  it.each([
    { stalled: "requests", acted: 0 },
    { stalled: "replies", acted: 1 },
  ] as const)(
    "holds $stalled back until it is resumed, also when nobody waits any more",
    async ({ stalled, acted }) => {
      faults.stalled = stalled;
      const late = fill();
      await expect(late).rejects.toMatchObject(unavailable);
      expect(arrived).toHaveLength(acted);
      const answering = link.fill(REQUEST);
      await clock.runFor(10);
      resumeLink(faults);
      expect(await clock.settle(answering, 100)).toEqual(reply);
      expect(arrived).toHaveLength(2);
      expect(faults.counts).toMatchObject({ stalled: 2, timedOut: 1 });
    },
  );

  it("gives up an answer that comes too late", async () => {
    faults.delayMs = { min: 600, max: 600 };
    await expect(fill()).rejects.toMatchObject(unavailable);
    await clock.runFor(1000);
    expect(arrived).toHaveLength(1);
    expect(faults.counts).toMatchObject({ timedOut: 1, lostBefore: 0, lostAfter: 0 });
  });

  it("finds no master where there is none, without waiting", async () => {
    master = undefined;
    await expect(fill()).rejects.toMatchObject(unavailable);
    expect(clock.monotonicMs()).toBeLessThan(faults.timeoutMs);
    expect(faults.counts.unreachable).toBe(1);
  });

  it("passes on the faults that the master states, as its own", async () => {
    const stated = new Fault("lease_not_current", "Not now.", { httpStatus: 409, retryAfterMs: 250 });
    (master as MasterLink).fill = () => Promise.reject(stated);
    const caught = await fill().catch((error: unknown) => error);
    expect(caught).toEqual(stated);
    expect(caught).toMatchObject({ code: "lease_not_current", httpStatus: 409, retryAfterMs: 250 });
    expect(caught).not.toBe(stated);
  });

  it.each(["rejects", "throws"])("makes an internal error of what else the master %s, and counts it", async (how) => {
    (master as MasterLink).fill = () => {
      if (how === "throws") throw new Error("secret detail");
      return Promise.reject(new Error("secret detail"));
    };
    const caught = await fill().catch((error: unknown) => error);
    expect(caught).toMatchObject({ code: "internal_error" });
    expect(String(caught)).not.toContain("secret detail");
    expect(faults.counts.crashed).toBe(1);
  });

  it("answers a paused caller when it goes on", async () => {
    const caller = clock.process("proxy");
    link = simLink(() => master, { clock, random: new SimRandom(1), faults, caller });
    let answered = false;
    void link.fill(REQUEST).then(() => {
      answered = true;
    });
    caller.pause();
    await clock.runFor(500);
    expect([arrived.length, answered]).toEqual([1, false]);
    caller.resume();
    await clock.runFor(1);
    expect(answered).toBe(true);
  });
});

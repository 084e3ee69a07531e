import { describe, expect, it } from "vitest";
import { HttpCaller } from "./http-caller.fixture.js";
import type { SocketDoor } from "./socket-door.fixture.js";
import { until } from "./until.fixture.js";

const LEASE = expect.stringMatching(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/);
const COUNT = expect.any(Number);

/** What a session may do with locks. */
export function sessionLocksContract(door: SocketDoor): void {
  describe("the locks of a session", () => {
    it("are taken, shown and released", async () => {
      const name = door.fresh();
      const session = await door.session();
      const acquired = await session.ask("acquire", { name, metadata: "équipe" });
      expect(acquired).toEqual({
        ...{ type: "acquired", id: COUNT, leaseId: LEASE, fencingToken: COUNT, metadata: "équipe", attachment: COUNT },
      });
      const { lock } = await session.ask("status", { name });
      expect(lock).toMatchObject({ status: "held", fencing_token: acquired.fencingToken, expires_at: null });
      const { leaseId } = acquired;
      expect(await session.ask("setMetadata", { name, leaseId, metadata: null })).toMatchObject({
        type: "metadataSet",
      });
      expect((await session.ask("status", { name })).lock.metadata).toBe(null);
      expect(await session.ask("release", { name, leaseId })).toMatchObject({ type: "released" });
      expect((await session.ask("status", { name })).lock.status).toBe("free");
      expect(await session.ask("release", { name, leaseId })).toMatchObject({ code: "lease_not_current" });
    });

    it("are each session's own, also among those of one user", async () => {
      const name = door.fresh();
      const session = await door.session();
      const { fencingToken } = await session.ask("acquire", { name, metadata: "first" });
      const held = { type: "held", holderId: expect.any(String), metadata: "first", retryAfterMs: COUNT };
      for (const other of [await door.session(), await door.session(door.served.tokens.bob)]) {
        expect(await other.ask("acquire", { name })).toMatchObject(held);
      }
      expect(await session.ask("acquire", { name })).toMatchObject({ type: "acquired", fencingToken });
    });

    it("are free for the next at once where they were released, whatever their lock delay", async () => {
      const name = door.fresh();
      const session = await door.session();
      const { leaseId } = await session.ask("acquire", { name, lockDelayMs: 60_000 });
      await session.ask("release", { name, leaseId });
      expect(await (await door.session()).ask("acquire", { name })).toMatchObject({ type: "acquired" });
    });

    it("are taken once, however often the request comes (P5)", async () => {
      const request = { name: door.fresh(), operationId: door.operationId() };
      const session = await door.session();
      const first = await session.ask("acquire", request);
      const { leaseId } = first;
      await session.ask("release", { name: request.name, leaseId });
      expect(await session.ask("acquire", request)).toEqual({ ...first, id: COUNT });
      expect((await session.ask("status", { name: request.name })).lock.status).toBe("free");
    });

    it("bind the session to the master, which its KeepAlives show", async () => {
      const session = await door.session();
      expect(await session.ask("keepAlive")).not.toHaveProperty("attachment");
      const { attachment } = await session.ask("acquire", { name: door.fresh() });
      expect(await session.ask("keepAlive")).toMatchObject({ type: "keptAlive", leaseMs: 12_000, attachment });
    });

    it("are free when it is closed", async () => {
      const name = door.fresh();
      const session = await door.session();
      await session.ask("acquire", { name });
      expect(await session.ask("closeSession")).toMatchObject({ type: "sessionClosed" });
      expect((await session.ask("status", { name })).lock.status).toBe("free");
      expect(await session.ask("acquire", { name })).toMatchObject({ code: "session_expired" });
    });

    it("are shown over HTTP as any other", async () => {
      const name = door.fresh();
      await (await door.session()).ask("acquire", { name });
      const http = new HttpCaller(door.served.url);
      const { json } = await http.call(`GET /locks/${name}`, { token: door.served.tokens.bob });
      expect(json).toMatchObject({ status: "held", expires_at: null });
      await http.close();
    });

    it.each<[string, Record<string, unknown>, string]>([
      ["acquire", { name: "a b" }, "invalid_lock_name"],
      ["acquire", { name: "__election/a" }, "forbidden"],
      ["acquire", { name: "a", lockDelayMs: 60_001 }, "invalid_input"],
      ["acquire", { name: "a", lockDelayMs: -1 }, "invalid_input"],
      ["acquire", { name: "a", metadata: "é".repeat(1_025) }, "invalid_input"],
      ["release", { name: "a", leaseId: "mine" }, "lease_not_current"],
      ["release", { name: "a", leaseId: "00000000-0000-4000-8000-000000000000" }, "lease_not_current"],
      ["setMetadata", { name: "", leaseId: "mine", metadata: null }, "invalid_lock_name"],
    ])("refuse %s with %j", async (type, request, code) => {
      expect(await (await door.session()).ask(type, request)).toMatchObject({ type: "error", code });
    });
  });

  describe("a waiting acquire", () => {
    it("gets the lock when its turn comes, first come first served", async () => {
      const name = door.fresh();
      const holder = await door.session();
      const { leaseId, fencingToken } = await holder.ask("acquire", { name });
      const [second, third] = [await door.session(), await door.session(door.served.tokens.bob)];
      const operationId = door.operationId();
      const asked = { name, wait: true, metadata: "next", operationId };
      expect(await second.ask("acquire", asked)).toEqual({ type: "waiting", id: COUNT, attachment: COUNT });
      await third.ask("acquire", { name, wait: true });
      await holder.ask("release", { name, leaseId });
      const [granted] = await second.caller.pushed(1);
      expect(granted).toEqual({
        ...{ type: "granted", sessionId: second.sessionId, operationId, name, leaseId: LEASE },
        ...{ fencingToken: COUNT, metadata: "next", attachment: COUNT },
      });
      expect(granted.fencingToken).toBeGreaterThan(fencingToken);
      expect(await second.ask("acquire", asked)).toMatchObject({ type: "acquired", leaseId: granted.leaseId });
      expect(third.caller.pushes).toEqual([]);
      await second.ask("release", { name, leaseId: granted.leaseId });
      expect(await third.caller.pushed(1)).toMatchObject([{ type: "granted", sessionId: third.sessionId }]);
    });

    it("gets it at once if it is free", async () => {
      const session = await door.session();
      expect(await session.ask("acquire", { name: door.fresh(), wait: true })).toMatchObject({ type: "acquired" });
    });

    it("gets it when the holder's session is closed", async () => {
      const name = door.fresh();
      const holder = await door.session();
      await holder.ask("acquire", { name });
      const next = await door.session();
      await next.ask("acquire", { name, wait: true });
      await holder.ask("closeSession");
      expect(await next.caller.pushed(1)).toMatchObject([{ type: "granted", name }]);
    });

    it("keeps its one place if it is asked again", async () => {
      const name = door.fresh();
      await (await door.session()).ask("acquire", { name });
      const next = await door.session();
      const asked = { name, wait: true, operationId: door.operationId() };
      expect(await next.ask("acquire", asked)).toMatchObject({ type: "waiting" });
      expect(await next.ask("acquire", asked)).toMatchObject({ type: "waiting" });
      expect(await next.ask("acquire", { name, wait: true })).toMatchObject({ code: "conflict" });
    });

    it("can be given up", async () => {
      const name = door.fresh();
      const holder = await door.session();
      const { leaseId } = await holder.ask("acquire", { name });
      const next = await door.session();
      const waitOperationId = door.operationId();
      await next.ask("acquire", { name, wait: true, operationId: waitOperationId });
      expect(await next.ask("cancelAcquire", { name, waitOperationId })).toMatchObject({ type: "acquireCancelled" });
      await holder.ask("release", { name, leaseId });
      expect((await next.ask("status", { name })).lock.status).toBe("free");
      expect(next.caller.pushes).toEqual([]);
    });

    it("can be given up before it has arrived: it is refused then", async () => {
      const [name, session, operationId] = [door.fresh(), await door.session(), door.operationId()];
      const cancelled = await session.ask("cancelAcquire", { name, waitOperationId: operationId });
      expect(cancelled).toMatchObject({ type: "acquireCancelled" });
      expect(await session.ask("acquire", { name, wait: true, operationId })).toMatchObject({ code: "conflict" });
    });

    it("that is given up too late is answered with the lock", async () => {
      const name = door.fresh();
      const holder = await door.session();
      const { leaseId } = await holder.ask("acquire", { name });
      const next = await door.session();
      const waitOperationId = door.operationId();
      await next.ask("acquire", { name, wait: true, operationId: waitOperationId });
      const [, cancelled] = await Promise.all([
        holder.ask("release", { name, leaseId }),
        next.ask("cancelAcquire", { name, waitOperationId }),
      ]);
      if (cancelled.type === "acquireCancelled") return; // it came first
      const [granted] = await next.caller.pushed(1);
      expect(cancelled).toMatchObject({ type: "acquired", leaseId: granted.leaseId });
    });
  });

  describe("a session that is resumed", () => {
    it("goes on with what it holds, under a higher number", async () => {
      const name = door.fresh();
      const session = await door.session();
      const { leaseId, fencingToken, attachment } = await session.ask("acquire", { name });
      const resumed = await session.resume();
      expect(resumed).toEqual({
        ...{ type: "sessionResumed", id: COUNT, leaseMs: 12_000, attachment: COUNT },
        ...{ locks: [{ name, leaseId, fencingToken }], waits: [] },
      });
      expect(resumed.attachment).toBeGreaterThan(attachment);
      expect(await session.ask("keepAlive")).toMatchObject({ attachment: resumed.attachment });
      expect(await session.ask("release", { name, leaseId })).toMatchObject({ type: "released" });
    });

    it("learns of what it waits for, and of what was granted meanwhile", async () => {
      const [one, other] = [door.fresh(), door.fresh()];
      const holder = await door.session();
      const { leaseId } = await holder.ask("acquire", { name: one });
      await holder.ask("acquire", { name: other });
      const next = await door.session();
      const operationId = door.operationId();
      await next.ask("acquire", { name: one, wait: true });
      await next.ask("acquire", { name: other, wait: true, operationId });
      await next.caller.end();
      await holder.ask("release", { name: one, leaseId });
      expect(await next.resume()).toMatchObject({
        locks: [{ name: one, leaseId: LEASE }],
        waits: [{ name: other, operationId }],
      });
      await holder.ask("closeSession");
      // It may hear once more of a grant of which the resume told it.
      await until(() => next.caller.pushes.some((push) => push.type === "granted" && push.operationId === operationId));
    });

    it("is the same also if it holds nothing", async () => {
      const session = await door.session();
      expect(await session.resume()).toMatchObject({ type: "sessionResumed", leaseMs: 12_000, locks: [], waits: [] });
      expect(await session.ask("keepAlive")).toMatchObject({ type: "keptAlive" });
    });

    it.each([false, true])("must prove itself; anchored: %s", async (anchored) => {
      const session = await door.session();
      if (anchored) await session.ask("acquire", { name: door.fresh() });
      const { sessionId, resumeSecret } = session;
      const wrong = { type: "resumeSession", sessionId, resumeSecret: "0".repeat(32) };
      expect(await session.caller.ask(wrong)).toMatchObject({ type: "error", code: "forbidden" });
      const bob = await door.greet(door.served.tokens.bob);
      expect(await bob.ask({ type: "resumeSession", sessionId, resumeSecret })).toMatchObject({ code: "not_found" });
      expect(await session.ask("keepAlive")).toMatchObject({ type: "keptAlive" });
    });

    it.each(["none", "0".repeat(32)])("must be there: %s", async (sessionId) => {
      const resume = { type: "resumeSession", sessionId, resumeSecret: "0".repeat(32) };
      expect(await (await door.greet()).ask(resume)).toMatchObject({ code: "session_expired" });
    });
  });

  it("lets nobody use a session of somebody else", async () => {
    const session = await door.session();
    const bob = await door.greet(door.served.tokens.bob);
    const { sessionId } = session;
    const write = { sessionId, operationId: door.operationId(), name: door.fresh() };
    expect(await bob.ask({ type: "acquire", ...write })).toMatchObject({ code: "not_found" });
    expect(await bob.ask({ type: "closeSession", sessionId })).toMatchObject({ code: "not_found" });
  });

  it("serves many sessions on one socket, and many requests at once", async () => {
    const caller = await door.greet();
    const opened = await Promise.all(Array.from({ length: 10 }, () => caller.ask({ type: "openSession" })));
    const names = opened.map(() => door.fresh());
    const acquired = await Promise.all(
      opened.map(({ sessionId }, n) =>
        caller.ask({ type: "acquire", sessionId, operationId: door.operationId(), name: names[n] }),
      ),
    );
    expect(acquired.map(({ type }) => type)).toEqual(opened.map(() => "acquired"));
    expect(new Set(acquired.map(({ fencingToken }) => fencingToken)).size).toBe(10);
    const closed = await Promise.all(opened.map(({ sessionId }) => caller.ask({ type: "closeSession", sessionId })));
    expect(closed.map(({ type }) => type)).toEqual(opened.map(() => "sessionClosed"));
  });
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Served } from "./door.fixture.js";
import { HttpCaller } from "./http-caller.fixture.js";
import type { Dial } from "./session-caller.fixture.js";
import { sessionLocksContract } from "./session-locks.contract.js";
import { sessionWatchesContract } from "./session-watches.contract.js";
import { SocketDoor } from "./socket-door.fixture.js";

/** What clients of the WebSocket door may rely on, whatever service is behind it. */
export function sessionsContract(name: string, serve: () => Promise<Served>): void {
  describe(`the contract of the WebSocket door: ${name}`, () => {
    const door = new SocketDoor();
    beforeAll(() => door.open(serve));
    afterEach(() => door.hangUp());
    afterAll(() => door.close());
    const dial = (options?: Dial) => door.dial(options);
    const greet = (token?: string) => door.greet(token);

    sessionLocksContract(door);
    sessionWatchesContract(door);

    it("lets in who shows a token in hello, or with the upgrade", async () => {
      const inHello = dial();
      await inHello.opened;
      expect(await inHello.ask({ type: "hello", token: door.served.tokens.alice })).toEqual({
        type: "welcome",
        id: 1,
        version: 2,
      });
      const withUpgrade = dial({ headers: { authorization: `Bearer ${door.served.tokens.bob}` } });
      await withUpgrade.opened;
      expect(await withUpgrade.ask({ type: "hello" })).toMatchObject({ type: "welcome" });
    });

    it("opens a session, keeps it alive and closes it", async () => {
      const caller = await greet();
      const opened = await caller.ask({ type: "openSession" });
      expect(opened).toEqual({
        type: "sessionOpened",
        id: 2,
        sessionId: expect.stringMatching(/^[0-9a-f]{32}$/),
        resumeSecret: expect.stringMatching(/^[0-9a-f]{32}$/),
        leaseMs: 12_000,
      });
      const { sessionId } = opened;
      expect(await caller.ask({ type: "keepAlive", sessionId })).toEqual({ type: "keptAlive", id: 3, leaseMs: 12_000 });
      expect(await caller.ask({ type: "closeSession", sessionId })).toEqual({ type: "sessionClosed", id: 4 });
      expect(await caller.ask({ type: "keepAlive", sessionId })).toMatchObject({
        type: "error",
        id: 5,
        code: "session_expired",
      });
    });

    it("opens sessions with the lease that is asked for, within bounds", async () => {
      const caller = await greet();
      expect(await caller.ask({ type: "openSession", leaseMs: 5_000 })).toMatchObject({ leaseMs: 5_000 });
      expect(await caller.ask({ type: "openSession", leaseMs: 4_999 })).toMatchObject({ code: "invalid_input" });
    });

    it("keeps a session whose socket is closed", async () => {
      const first = await greet();
      const { sessionId } = await first.ask({ type: "openSession" });
      await first.end();
      const second = await greet();
      expect(await second.ask({ type: "keepAlive", sessionId })).toMatchObject({ type: "keptAlive" });
    });

    it("knows no session of somebody else", async () => {
      const { sessionId } = await (await greet()).ask({ type: "openSession" });
      const bob = await greet(door.served.tokens.bob);
      expect(await bob.ask({ type: "keepAlive", sessionId })).toMatchObject({ code: "not_found" });
      expect(await bob.ask({ type: "closeSession", sessionId })).toMatchObject({ code: "not_found" });
    });

    it("tells a lock's status like a GET", async () => {
      const http = new HttpCaller(door.served.url);
      const token = door.served.tokens.alice;
      await http.call("POST /locks/sessions/held/acquire", { token, body: { metadata: "équipe" } });
      const caller = await greet();
      for (const lock of ["sessions/held", "sessions/free"]) {
        const get = await http.call(`GET /locks/${lock}`, { token });
        const status = await caller.ask({ type: "status", name: lock });
        expect(status).toMatchObject({ type: "status", source: expect.any(String), ageMs: expect.any(Number) });
        expect(status.lock).toEqual(get.json);
        expect(`${status.epoch}`).toBe(get.headers["x-octofleet-revision"]?.split(".")[0]);
      }
      await http.close();
    });

    it.each([
      ["a b", "invalid_lock_name"],
      ["", "invalid_lock_name"],
      ["__election/a", "forbidden"],
    ])("refuses the lock name %j", async (lock, code) => {
      expect(await (await greet()).ask({ type: "status", name: lock })).toMatchObject({ type: "error", id: 2, code });
    });

    it("answers what was sent at once, each with its id", async () => {
      const caller = await greet();
      const { sessionId } = await caller.ask({ type: "openSession" });
      const asked = Array.from({ length: 100 }, (_, n) =>
        caller.ask(n % 2 ? { type: "keepAlive", sessionId } : { type: "status", name: "a" }),
      );
      const replies = await Promise.all(asked);
      expect(replies.map(({ type }) => type)).toEqual(asked.map((_, n) => (n % 2 ? "keptAlive" : "status")));
    });

    it.each<[string, Dial, number]>([
      ["a wrong token with the upgrade", { headers: { authorization: "Bearer nobody" } }, 4401],
      ["another path", { path: "/v1/other" }, 4404],
      ["another subprotocol", { protocols: ["octofleet.v0", "chat"] }, 4406],
      ["no subprotocol", { protocols: [] }, 4406],
    ])("refuses %s, after the upgrade, with a code that says why", async (_, options, code) => {
      const caller = dial(options);
      await caller.opened;
      expect(await caller.closed).toBe(code);
    });

    it("speaks its own subprotocol to who offers others too", async () => {
      const caller = dial({ protocols: ["chat", "octofleet.v1"] });
      await caller.opened;
      expect(await caller.ask({ type: "hello", token: door.served.tokens.alice })).toMatchObject({ type: "welcome" });
    });

    it.each([
      ["no token", {}, "authentication_required"],
      ["a wrong token", { token: "nobody" }, "authentication_failed"],
      ["the admin key as a token", { token: "admin:" }, "authentication_failed"],
    ])("refuses a hello with %s", async (_, hello: { token?: string }, code) => {
      const caller = dial();
      await caller.opened;
      const token = hello.token === "admin:" ? `admin:${door.served.adminKey}` : hello.token;
      expect(await caller.ask({ type: "hello", ...(token === undefined ? {} : { token }) })).toMatchObject({ code });
      expect(await caller.closed).toBe(4401);
    });

    it.each<[string, string | Buffer]>([
      ["no JSON", "{"],
      ["no message", "[]"],
      ["an unknown type", '{"type":"nothing","id":2}'],
      ["no id", '{"type":"openSession"}'],
      ["a negative id", '{"type":"openSession","id":-1}'],
      ["a wrong field", '{"type":"openSession","id":2,"leaseMs":"long"}'],
      ["a second hello", '{"type":"hello","id":2}'],
      ["bytes", Buffer.from('{"type":"openSession","id":2}')],
    ])("closes a socket that says %s", async (_, data) => {
      const caller = await greet();
      caller.send(data);
      expect(await caller.closed).toBe(4400);
    });

    it("closes a socket that does not say hello first", async () => {
      const caller = dial();
      await caller.opened;
      caller.send('{"type":"openSession","id":1}');
      expect(await caller.closed).toBe(4400);
    });

    it("closes a socket that sends too large a frame", async () => {
      const caller = await greet();
      caller.send(JSON.stringify({ type: "status", id: 2, name: "x".repeat(64 * 1024) }));
      expect(await caller.closed).toBe(1009);
    });

    it("ignores fields that it does not know", async () => {
      const caller = await greet();
      expect(await caller.ask({ type: "openSession", colour: "red" })).toMatchObject({ type: "sessionOpened" });
    });
  });
}

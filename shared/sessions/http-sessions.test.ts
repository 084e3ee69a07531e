import { beforeEach, describe, expect, it } from "vitest";
import { ALICE, BOB, refused, resumed, SessionsFixture } from "./sessions.fixture.js";
import type { Sessions } from "./sessions.js";

let fixture: SessionsFixture;
let sessions: Sessions;
beforeEach(() => {
  fixture = new SessionsFixture();
  ({ sessions } = fixture);
});

describe("a session made over HTTP", () => {
  const open = async (attachment: number) => {
    const opened = sessions.openAnchored(ALICE, 60_000);
    const write = await fixture.one("openSession");
    expect(write.session.anchor).toEqual({ leaseMs: 60_000, secretHash: null });
    write.answer({ answer: { status: "sessionOpened" }, attachment });
    return (await opened).sessionId;
  };

  it("is anchored at once, and prolonged here while it is held here", async () => {
    const id = await open(9);
    expect(sessions.claims()).toEqual([{ sessionId: id, attachment: 9 }]);
    for (let n = 0; n < 3; n += 1) {
      await fixture.world.runFor(30_000);
      expect(await sessions.keepAliveHere(ALICE, id)).toEqual({ leaseMs: 60_000 });
    }
    await expect(sessions.keepAliveHere(BOB, id)).rejects.toMatchObject({ code: "not_found" });
    await fixture.world.runFor(60_250);
    expect(sessions.unreported()).toEqual([{ sessionId: id, attachment: 9 }]);
  });

  it("is not held when it could not be anchored", async () => {
    const opened = sessions.openAnchored(ALICE, 60_000);
    (await fixture.one("openSession")).answer({ answer: refused("authentication_failed"), attachment: null });
    await expect(opened).rejects.toMatchObject({ code: "authentication_failed" });
    expect(sessions.size).toBe(0);
  });

  it("moves here with a KeepAlive of its owner", async () => {
    const coming = sessions.keepAliveHere(ALICE, "ab".repeat(16));
    const write = await fixture.one("resumeSession");
    expect(write.command).toEqual({ kind: "resumeSession", secretHash: null });
    write.answer({ answer: resumed({ leaseMs: 60_000 }), attachment: 12 });
    expect(await coming).toMatchObject({ leaseMs: 60_000 });
    expect(sessions.size).toBe(1);
  });

  it("is closed from anywhere: by its number where it is held, else by its owner's word", async () => {
    const closed = sessions.closeAnywhere(ALICE, await open(9));
    const write = await fixture.one("closeSession");
    expect(write.session.attachment).toBe(9);
    write.answer({ answer: { status: "sessionClosed" }, attachment: null });
    await closed;
    const elsewhere = sessions.closeAnywhere(ALICE, "ab".repeat(16));
    const other = await fixture.one("closeSession");
    expect(other.session).toEqual({ sessionId: "ab".repeat(16), attachment: null });
    other.answer({ answer: refused("not_found"), attachment: null });
    await expect(elsewhere).rejects.toMatchObject({ code: "not_found" });
  });

  it("is closed by its owner's word where this gateway has not heard yet that it has moved", async () => {
    const id = await open(9);
    const closed = sessions.closeAnywhere(ALICE, id);
    (await fixture.one("closeSession")).answer({ answer: refused("session_expired"), attachment: null });
    const again = await fixture.one("closeSession");
    expect(again.session).toEqual({ sessionId: id, attachment: null });
    again.answer({ answer: { status: "sessionClosed" }, attachment: null });
    await closed;
  });

  it("is shown to its owner, with what is left of its lease", async () => {
    const id = await open(9);
    const value = { kind: "session" as const, sessionId: id, principal: "user:alice", leaseMs: 60_000 };
    const entry = { key: `session/${id}`, revision: 9, value: { ...value, locks: [], waits: [], lockCount: 2 } };
    fixture.entries = async () => [entry];
    await fixture.world.runFor(10_000);
    expect(await sessions.view(ALICE, id)).toEqual({ leaseMs: 60_000, leftMs: 50_000, lockCount: 2 });
    await expect(sessions.view(BOB, id)).rejects.toMatchObject({ code: "not_found" });
    sessions.drop(id, "taken");
    expect(await sessions.view(ALICE, id)).toEqual({ leaseMs: 60_000, leftMs: 0, lockCount: 2 });
    await expect(sessions.view(BOB, id)).rejects.toMatchObject({ code: "not_found" });
  });
});

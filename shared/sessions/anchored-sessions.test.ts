import { beforeEach, describe, expect, it } from "vitest";
import type { Voice } from "../gateway/session-host.js";
import { Fault } from "../protocol/errors.js";
import { tokenHash } from "../protocol/tokens.js";
import { AttachmentDigest } from "./digest.js";
import { ACQUIRED, ALICE, acquire, refused, resumed, SessionsFixture, settle } from "./sessions.fixture.js";
import type { Sessions } from "./sessions.js";

const LEASE_MS = 12_000;
const ended = expect.objectContaining({ code: "session_expired" });

let fixture: SessionsFixture;
let sessions: Sessions;
let voice: Voice;
beforeEach(() => {
  fixture = new SessionsFixture();
  ({ sessions } = fixture);
  voice = fixture.voice();
});

describe("a session's first command", () => {
  it("anchors it, with the hash of its secret, and its number is in all that is said from then on (S1)", async () => {
    const { sessionId, resumeSecret } = sessions.open(ALICE, undefined, voice);
    const acquired = sessions.execute(ALICE, { sessionId, ...acquire("op") });
    const write = await fixture.one("acquire");
    const anchor = { leaseMs: LEASE_MS, secretHash: tokenHash(resumeSecret) };
    expect(write).toMatchObject({
      operationId: "op",
      tokenHash: "a1",
      session: { sessionId, attachment: null, anchor },
    });
    expect(sessions.keepAlive(ALICE, sessionId, voice).attachment).toBeNull();
    write.answer({ answer: ACQUIRED, attachment: 9 });
    expect(await acquired).toEqual({ answer: ACQUIRED, attachment: 9 });
    expect(sessions.keepAlive(ALICE, sessionId, voice).attachment).toBe(9);
    void sessions.execute(ALICE, { sessionId, ...acquire("op 2") });
    expect(await fixture.one("acquire")).toMatchObject({ session: { sessionId, attachment: 9 } });
  });

  it("is waited for by the others, which then go under its number", async () => {
    const { sessionId } = sessions.open(ALICE, undefined, voice);
    const all = ["1", "2"].map((op) => sessions.execute(ALICE, { sessionId, ...acquire(op, { name: op }) }));
    (await fixture.one("acquire")).answer({ answer: ACQUIRED, attachment: 9 });
    const second = await fixture.one("acquire");
    expect(second).toMatchObject({ operationId: "2", session: { sessionId, attachment: 9 } });
    second.answer({ answer: ACQUIRED, attachment: 9 });
    expect((await Promise.all(all)).map(({ attachment }) => attachment)).toEqual([9, 9]);
  });

  it("leaves it this gateway's own if it was refused; the next one anchors", async () => {
    const { sessionId } = sessions.open(ALICE, undefined, voice);
    const first = sessions.execute(ALICE, { sessionId, ...acquire("1") });
    const second = sessions.execute(ALICE, { sessionId, ...acquire("2") });
    (await fixture.one("acquire")).answer({ answer: refused("forbidden"), attachment: null });
    expect(await first).toMatchObject({ answer: { code: "forbidden" }, attachment: null });
    expect(sessions.anchored).toBe(0);
    const again = await fixture.one("acquire");
    expect(again.session.anchor).toBeDefined();
    again.fail(new Fault("upstream_unavailable", "Unknown."));
    await expect(second).rejects.toMatchObject({ code: "upstream_unavailable" });
  });

  it("anchors it by its secret again if the gateway registered meanwhile", async () => {
    const { sessionId, resumeSecret } = sessions.open(ALICE, undefined, voice);
    const acquired = sessions.execute(ALICE, { sessionId, ...acquire("op") });
    const write = await fixture.one("acquire");
    expect(sessions.claims()).toEqual([]);
    write.answer({ answer: ACQUIRED, attachment: 9 });
    const again = await fixture.one("resumeSession");
    expect(again.command).toEqual({ kind: "resumeSession", secretHash: tokenHash(resumeSecret) });
    again.answer({ answer: resumed(), attachment: 12 });
    expect(await acquired).toEqual({ answer: ACQUIRED, attachment: 12 });
  });

  it("is reported as ended when it anchors a session that fell silent meanwhile", async () => {
    const { sessionId } = sessions.open(ALICE, 5_000, voice);
    void sessions.execute(ALICE, { sessionId, ...acquire("op") });
    const write = await fixture.one("acquire");
    await fixture.world.runFor(5_250);
    expect([sessions.size, fixture.ended]).toEqual([0, []]);
    write.answer({ answer: ACQUIRED, attachment: 9 });
    await settle();
    expect(fixture.ended).toEqual([{ sessionId, attachment: 9 }]);
    expect(sessions.digest("digest").count).toBe(0);
  });
});

describe("an anchored session", () => {
  it("is reported when it ends by silence, until that is confirmed, and nothing is answered for it (S2)", async () => {
    const { sessionId, secret } = await fixture.anchored(9, voice, 5_000);
    await fixture.world.runFor(5_250);
    const report = [{ sessionId, attachment: 9 }];
    expect([fixture.ended, sessions.unreported(), sessions.unreported()]).toEqual([report, report, report]);
    expect(() => sessions.keepAlive(ALICE, sessionId, voice)).toThrow(ended);
    await expect(sessions.resume(ALICE, sessionId, secret, voice)).rejects.toEqual(ended);
    sessions.endConfirmed(report);
    expect([sessions.unreported(), sessions.claims()]).toEqual([[], []]);
  });

  it("is let go of before its close is sent, and not answered for whatever becomes of that (S2)", async () => {
    const { sessionId, secret } = await fixture.anchored(9, voice);
    const closed = sessions.close(ALICE, sessionId);
    expect([sessions.size, sessions.digest("digest").count]).toEqual([0, 0]);
    expect(() => sessions.keepAlive(ALICE, sessionId, voice)).toThrow(ended);
    await expect(sessions.resume(ALICE, sessionId, secret, voice)).rejects.toEqual(ended);
    const write = await fixture.one("closeSession");
    expect(write.session).toEqual({ sessionId, attachment: 9 });
    write.fail(new Fault("upstream_unavailable", "Unknown."));
    await expect(closed).rejects.toMatchObject({ code: "upstream_unavailable" });
    expect(sessions.unreported()).toEqual([{ sessionId, attachment: 9 }]);
    expect(() => sessions.keepAlive(ALICE, sessionId, voice)).toThrow(ended);
  });

  it("is closed after its first command, under the number that this got", async () => {
    const { sessionId } = sessions.open(ALICE, undefined, voice);
    void sessions.execute(ALICE, { sessionId, ...acquire("op") });
    const closed = sessions.close(ALICE, sessionId);
    (await fixture.one("acquire")).answer({ answer: ACQUIRED, attachment: 9 });
    const write = await fixture.one("closeSession");
    expect(write.session).toEqual({ sessionId, attachment: 9 });
    write.answer({ answer: { status: "sessionClosed" }, attachment: null });
    await closed;
    expect([sessions.size, fixture.ended]).toEqual([0, []]);
  });

  it("is closed after the resume that was asked before, under the number that this got", async () => {
    const { sessionId, secret } = await fixture.anchored(9, voice);
    const back = sessions.resume(ALICE, sessionId, secret, voice);
    const closed = sessions.close(ALICE, sessionId);
    (await fixture.one("resumeSession")).answer({ answer: resumed(), attachment: 10 });
    await back;
    const write = await fixture.one("closeSession");
    expect(write.session).toEqual({ sessionId, attachment: 10 });
    write.answer({ answer: { status: "sessionClosed" }, attachment: null });
    await closed;
    expect(sessions.size).toBe(0);
  });

  it("is closed although a resume that was asked before is refused", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const back = sessions.resume(ALICE, sessionId, "wrong", voice);
    const closed = sessions.close(ALICE, sessionId);
    (await fixture.one("resumeSession")).answer({ answer: refused("forbidden"), attachment: 9 });
    await expect(back).rejects.toMatchObject({ code: "forbidden" });
    const write = await fixture.one("closeSession");
    expect(write.session).toEqual({ sessionId, attachment: 9 });
    write.answer({ answer: { status: "sessionClosed" }, attachment: null });
    await closed;
  });

  it("is let go of when its number is refused, for it lives elsewhere (S1)", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const answered = sessions.execute(ALICE, { sessionId, ...acquire("op") });
    (await fixture.one("acquire")).answer({ answer: refused("session_expired"), attachment: null });
    expect(await answered).toMatchObject({ answer: { code: "session_expired" }, attachment: null });
    expect([sessions.size, fixture.told, fixture.ended]).toEqual([0, ["v taken"], []]);
  });

  it("is kept when an old refusal is repeated under its operation id", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    void sessions.execute(ALICE, { sessionId, ...acquire("op") });
    (await fixture.one("acquire")).answer({ answer: refused("session_expired"), attachment: 9 });
    await settle();
    expect(sessions.size).toBe(1);
  });

  it("is dropped as it is told, but not under a newer number (S1)", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    sessions.drop(sessionId, "taken", 8);
    expect(sessions.size).toBe(1);
    sessions.drop(sessionId, "taken", 9);
    sessions.drop(sessionId, "taken");
    expect([sessions.size, fixture.told, fixture.ended]).toEqual([0, ["v taken"], []]);
  });

  it("is resumed by the master, and moves to the new voice under the new number", async () => {
    const { sessionId, secret } = await fixture.anchored(9, voice);
    const coming = sessions.resume(ALICE, sessionId, secret, fixture.voice("other"));
    const write = await fixture.one("resumeSession");
    expect(write).toMatchObject({
      command: { secretHash: tokenHash(secret) },
      session: { sessionId, attachment: null },
    });
    const lock = { name: "a", leaseId: "l", fencingToken: 7 };
    write.answer({ answer: resumed({ locks: [lock] }), attachment: 12 });
    expect(await coming).toEqual({ leaseMs: LEASE_MS, attachment: 12, locks: [lock], waits: [] });
    expect(fixture.told).toEqual(["v taken"]);
    expect(sessions.claims()).toEqual([{ sessionId, attachment: 12 }]);
    const mirror = new AttachmentDigest();
    mirror.add({ sessionId, attachment: 12 });
    expect(sessions.digest("digest")).toEqual({ count: 1, digest: mirror.digest(), asOf: 12 });
  });

  it("comes from elsewhere with its secret, and is held from then on", async () => {
    const coming = sessions.resume(ALICE, "ab".repeat(16), "secret", voice);
    (await fixture.one("resumeSession")).answer({ answer: resumed({ leaseMs: 7_000 }), attachment: 12 });
    expect(await coming).toMatchObject({ leaseMs: 7_000, attachment: 12 });
    expect(sessions.keepAlive(ALICE, "ab".repeat(16), voice)).toEqual({ leaseMs: 7_000, attachment: 12 });
    await fixture.world.runFor(7_250);
    expect(sessions.unreported()).toEqual([{ sessionId: "ab".repeat(16), attachment: 12 }]);
  });

  it.each([
    ["a round took it away on its way", (id: string) => sessions.drop(id, "taken")],
    ["it was listed as gone under the very number", (id: string) => sessions.drop(id, "taken", 12)],
    ["the gateway registered meanwhile, and did not claim it", () => void sessions.claims()],
  ])("is not believed to have come if %s", async (_why, happen) => {
    const id = "ab".repeat(16);
    const coming = sessions.resume(ALICE, id, "secret", voice);
    const write = await fixture.one("resumeSession");
    happen(id);
    write.answer({ answer: resumed(), attachment: 12 });
    await expect(coming).rejects.toMatchObject({ code: "overloaded" });
    expect(sessions.size).toBe(0);
  });

  it("is not promised a lease by a resume if the gateway's own ran out meanwhile, but is held", async () => {
    const coming = sessions.resume(ALICE, "ab".repeat(16), "secret", voice);
    const write = await fixture.one("resumeSession");
    fixture.serves = false;
    write.answer({ answer: resumed(), attachment: 12 });
    await expect(coming).rejects.toMatchObject({ code: "overloaded" });
    expect(sessions.claims()).toHaveLength(1);
  });

  it("is not resumed if the master says no", async () => {
    const coming = sessions.resume(ALICE, "ab".repeat(16), "secret", voice);
    (await fixture.one("resumeSession")).answer({ answer: refused("session_expired"), attachment: null });
    await expect(coming).rejects.toEqual(ended);
  });
});

describe("the digest (S8)", () => {
  it("is of the anchored sessions with their numbers, in any order, and as of the newest of them", async () => {
    const [one, two] = [await fixture.anchored(5, voice), await fixture.anchored(9, voice)];
    sessions.open(ALICE, undefined, voice);
    const mirror = new AttachmentDigest();
    mirror.add({ sessionId: two.sessionId, attachment: 9 });
    mirror.add({ sessionId: one.sessionId, attachment: 5 });
    expect(sessions.digest("digest")).toEqual({ count: 2, digest: mirror.digest(), asOf: 9 });
    expect(sessions.digest("buckets").buckets).toEqual(mirror.buckets());
    const bucket = Number.parseInt(one.sessionId.slice(0, 2), 16);
    expect(sessions.digest([bucket]).lists).toEqual([
      { bucket, sessions: [{ sessionId: one.sessionId, attachment: 5 }] },
    ]);
    sessions.drop(two.sessionId, "taken");
    mirror.remove({ sessionId: two.sessionId, attachment: 9 });
    expect(sessions.digest("digest")).toEqual({ count: 1, digest: mirror.digest(), asOf: 9 });
    mirror.remove({ sessionId: one.sessionId, attachment: 5 });
    expect(mirror.digest()).toBe("0".repeat(16));
  });
});

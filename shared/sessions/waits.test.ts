import { beforeEach, describe, expect, it } from "vitest";
import type { Voice } from "../gateway/session-host.js";
import type { Entry, SessionEntry } from "../protocol/entries.js";
import { Fault } from "../protocol/errors.js";
import { ACQUIRED, ALICE, acquire, grantOf, resumed, SessionsFixture, settle } from "./sessions.fixture.js";
import type { Sessions } from "./sessions.js";

const LEASE_MS = 12_000;

let fixture: SessionsFixture;
let sessions: Sessions;
let voice: Voice;
beforeEach(() => {
  fixture = new SessionsFixture();
  ({ sessions } = fixture);
  voice = fixture.voice();
});

describe("a waiting acquire (S7)", () => {
  const wait = async (sessionId: string, operationId = "w") => {
    const answered = sessions.execute(ALICE, { sessionId, ...acquire(operationId, { wait: true }) });
    return { answered, write: await fixture.one("acquire") };
  };
  const waits = [{ name: "a", operationId: "w" }];

  it("is told its grant, once, under the session's number", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const { answered, write } = await wait(sessionId);
    write.answer({ answer: { status: "waiting" }, attachment: 9 });
    expect((await answered).answer).toEqual({ status: "waiting" });
    for (let n = 0; n < 2; n += 1) sessions.granted(grantOf(sessionId, "w"));
    sessions.granted(grantOf(sessionId, "another"));
    expect(fixture.told).toEqual(["v granted w under 9"]);
  });

  it("is answered with its grant, and not told it as well, if that came before the answer", async () => {
    const { sessionId } = sessions.open(ALICE, undefined, voice);
    const { answered, write } = await wait(sessionId);
    sessions.granted(grantOf(sessionId, "w"));
    write.answer({ answer: { status: "waiting" }, attachment: 9 });
    expect(await answered).toEqual({ answer: ACQUIRED, attachment: 9 });
    expect(fixture.told).toEqual([]);
  });

  it("is told its grant by the voice that its session has by then, if the answer goes to another", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const { answered, write } = await wait(sessionId);
    sessions.granted(grantOf(sessionId, "w"));
    sessions.keepAlive(ALICE, sessionId, fixture.voice("next"));
    write.answer({ answer: { status: "waiting" }, attachment: 9 });
    expect((await answered).answer).toEqual(ACQUIRED);
    expect(fixture.told).toEqual(["next granted w under 9"]);
  });

  it("is told of a grant if its answer never came", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const { answered, write } = await wait(sessionId);
    sessions.granted(grantOf(sessionId, "w"));
    write.fail(new Fault("upstream_unavailable", "Unknown."));
    await expect(answered).rejects.toMatchObject({ code: "upstream_unavailable" });
    expect(fixture.told).toEqual(["v granted w under 9"]);
  });

  it("is not told of a grant when it was cancelled, or got the lock at once", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const { answered, write } = await wait(sessionId);
    write.answer({ answer: { status: "waiting" }, attachment: 9 });
    await answered;
    const cancel = { kind: "cancelWait" as const, name: "a", waitOperationId: "w" };
    const cancelled = sessions.execute(ALICE, { sessionId, operationId: "c", command: cancel });
    (await fixture.one("cancelWait")).answer({ answer: ACQUIRED, attachment: 9 });
    await cancelled;
    const second = await wait(sessionId, "w2");
    second.write.answer({ answer: ACQUIRED, attachment: 9 });
    await second.answered;
    for (const op of ["w", "w2"]) sessions.granted(grantOf(sessionId, op));
    expect(fixture.told).toEqual([]);
  });

  it("is told its grant after a resume, for the places that the answer names", async () => {
    const coming = sessions.resume(ALICE, "ab".repeat(16), "secret", voice);
    (await fixture.one("resumeSession")).answer({ answer: resumed({ waits }), attachment: 12 });
    expect((await coming).waits).toEqual(waits);
    sessions.granted(grantOf("ab".repeat(16), "w"));
    sessions.granted(grantOf("ab".repeat(16), "before"));
    expect(fixture.told).toEqual(["v granted w under 12"]);
  });

  it("has its lock in the answer to the resume if its grant overtook that", async () => {
    const coming = sessions.resume(ALICE, "ab".repeat(16), "secret", voice);
    const write = await fixture.one("resumeSession");
    sessions.granted(grantOf("ab".repeat(16), "w"));
    write.answer({ answer: resumed({ waits }), attachment: 12 });
    expect(await coming).toMatchObject({ waits: [], locks: [{ name: "a", leaseId: "l", fencingToken: 7 }] });
    expect(fixture.told).toEqual([]);
  });

  it("is told its grant by the voice that its session has next, if it had none", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const { write } = await wait(sessionId);
    write.answer({ answer: { status: "waiting" }, attachment: 9 });
    await settle();
    sessions.lose(voice);
    sessions.granted(grantOf(sessionId, "w"));
    sessions.keepAlive(ALICE, sessionId, fixture.voice("next"));
    expect(fixture.told).toEqual(["next granted w under 9"]);
  });

  const holding = (sessionId: string) => {
    const lock = { name: "a", leaseId: "l", fencingToken: 7 };
    const session = { kind: "session" as const, sessionId, principal: "user:alice", leaseMs: LEASE_MS };
    return { ...session, locks: [lock], waits: [], lockCount: 1 };
  };

  it("is looked up after its answer, if grants may have been lost before that", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const { write } = await wait(sessionId);
    fixture.entries = async ([key]) => [{ key: key as string, value: holding(sessionId), revision: 9 }];
    sessions.grantsLost();
    await settle();
    write.answer({ answer: { status: "waiting" }, attachment: 9 });
    await settle();
    expect(fixture.told).toEqual(["v granted w under 9"]);
  });

  it("keeps a place that was taken after it was looked up, and before that was answered", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const { answered, write } = await wait(sessionId);
    const none: SessionEntry = { ...holding(sessionId), locks: [], lockCount: 0 };
    let value = none;
    const answers: (() => void)[] = [];
    fixture.entries = ([key]) => {
      const entries = [{ key: key as string, value, revision: 9 }];
      return new Promise((resolve) => answers.push(() => resolve(entries)));
    };
    sessions.grantsLost();
    value = { ...none, waits };
    write.answer({ answer: { status: "waiting" }, attachment: 9 });
    await answered;
    for (const answer of answers) answer();
    await settle();
    sessions.granted(grantOf(sessionId, "w"));
    expect(fixture.told).toEqual(["v granted w under 9"]);
  });

  it("is looked up when grants may have been lost, and told what was granted", async () => {
    const { sessionId } = await fixture.anchored(9, voice);
    const { answered, write } = await wait(sessionId);
    write.answer({ answer: { status: "waiting" }, attachment: 9 });
    await answered;
    let failing = true;
    const value = holding(sessionId);
    fixture.entries = async (keys): Promise<readonly Entry[]> => {
      if (failing) throw new Fault("overloaded", "Not now.");
      expect(keys).toEqual([`session/${sessionId}`, "lock/a"]);
      return [{ key: `session/${sessionId}`, value, revision: 9 }];
    };
    sessions.grantsLost();
    await settle();
    expect(fixture.told).toEqual([]);
    failing = false;
    await fixture.world.runFor(1_000);
    expect(fixture.told).toEqual(["v granted w under 9"]);
  });
});

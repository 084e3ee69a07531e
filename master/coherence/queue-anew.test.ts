import { describe, expect, it } from "vitest";
import { S, way } from "./way.fixture.js";

describe("R3: a command that would change a key that it did not name", () => {
  it("queues anew with that key: behind those who stand there, and cleared by a round of its own", async () => {
    const { clock, writes, ground, leases, interest, rounds, commits, acquire, asAlice } = await way();
    await clock.settle(acquire("a", "l1").answer, 100);
    const attachment = ground.sessions.get(S)?.attachment as number;
    const { proxyId } = leases.open(1, { name: "p", url: "", zone: "", process: "p" });

    // The acquire is on its way to the disk when the end is looked at, which finds the session with one lock.
    const acquiring = acquire("b", "l2");
    await clock.runFor(0.5);
    const end = writes.submit({ command: { kind: "endSession", sessionId: S, attachment } });
    await clock.settle(acquiring.answer, 100);
    interest.grant("lock/b", proxyId, clock.monotonicMs());
    const setting = writes.submit({
      command: { kind: "setMetadata", name: "b", leaseId: "l2", metadata: "m" },
      client: asAlice,
    });

    await clock.runFor(100);
    expect(rounds.owedBy(proxyId)).toEqual([{ round: 1, revision: expect.any(Number), keys: ["lock/b"] }]);
    rounds.ack(proxyId, { round: 1, had: ["lock/b"] });
    expect(await clock.settle(setting.answer, 100)).toMatchObject({ status: "metadataSet" });
    await clock.runFor(100);
    expect(ground.locks.size).toBe(2);
    expect(rounds.owedBy(proxyId)).toEqual([{ round: 2, revision: expect.any(Number), keys: ["lock/a", "lock/b"] }]);
    rounds.ack(proxyId, { round: 2, had: [] });
    await clock.settle(end.answer, 100);
    expect([ground.locks.size, ground.sessions.size]).toEqual([0, 0]);
    expect(commits.at(-1)?.changes.map(({ entry }) => entry.key)).toEqual(["lock/a", "lock/b"]);
    expect(writes.isIdle).toBe(true);
  });
});

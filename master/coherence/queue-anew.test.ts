import { describe, expect, it } from "vitest";
import type { Commit } from "../../shared/protocol/link.js";
import { tokenHash } from "../../shared/protocol/tokens.js";
import { busFaults, SimBus } from "../../shared/sim/sim-bus.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { SimRandom } from "../../shared/sim/sim-random.js";
import { Ground } from "../cell/ground.js";
import { CellTime } from "../cell-time.js";
import { ephemeral, idOf, unanchored } from "../sim-master.fixture.js";
import { EventLog } from "./event-log.js";
import { Interest } from "./interest.js";
import { ProxyLeases } from "./leases.js";
import { Rounds } from "./rounds.js";
import { Writes } from "./writes.js";

const S = idOf(1);

/** The way of a write over a journal that takes 1 ms, for a cell that knows alice. */
async function way() {
  const clock = new SimClock();
  const bus = new SimBus({ clock, random: new SimRandom(1), faults: busFaults() }).endpoint("master");
  const ground = new Ground();
  const interest = new Interest();
  const rounds = new Rounds({ bus, clock, epoch: 1 });
  const leases = new ProxyLeases(clock, ({ proxyId }) => rounds.dropProxy(proxyId));
  const commits: Commit[] = [];
  const journal = {
    lastRevision: 0,
    append: (bodies: readonly unknown[]) =>
      new Promise<void>((resolve) => {
        clock.after(1, () => {
          journal.lastRevision += bodies.length;
          resolve();
        });
      }),
  };
  const writes = new Writes({
    ...{ clock, bus, ground, time: new CellTime(clock, 0), journal, epoch: 1, leases, interest, rounds },
    ...{ events: new EventLog(0), noChangeBeforeMs: 0, onCommitted: () => {}, onFailed: () => {} },
    sessions: { proxyHolding: () => undefined, told: () => {} },
    onEvents: (batch) => void commits.push(...batch),
  });
  const alice = { tokenHash: tokenHash("alice"), locksPerPrincipal: 10 };
  await clock.settle(
    writes.submit({ command: { kind: "setToken", hash: alice.tokenHash, principal: "alice" } }).answer,
    100,
  );
  const acquire = (name: string, lease: string) => {
    const session = { ...unanchored(S), boundToSender: true };
    return writes.submit({ command: ephemeral(name), client: { ...alice, newLeaseId: lease, session } });
  };
  return { clock, writes, ground, leases, interest, rounds, commits, acquire, asAlice: { ...alice, newLeaseId: "l" } };
}

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
    expect(rounds.owedBy(proxyId)).toEqual([{ round: 1, keys: ["lock/b"] }]);
    rounds.ack(proxyId, { round: 1, had: ["lock/b"] });
    expect(await clock.settle(setting.answer, 100)).toMatchObject({ status: "metadataSet" });
    await clock.runFor(100);
    expect(ground.locks.size).toBe(2);
    expect(rounds.owedBy(proxyId)).toEqual([{ round: 2, keys: ["lock/a", "lock/b"] }]);
    rounds.ack(proxyId, { round: 2, had: [] });
    await clock.settle(end.answer, 100);
    expect([ground.locks.size, ground.sessions.size]).toEqual([0, 0]);
    expect(commits.at(-1)?.changes.map(({ entry }) => entry.key)).toEqual(["lock/a", "lock/b"]);
    expect(writes.isIdle).toBe(true);
  });
});

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

/** Whose session acquires. */
export const S = idOf(1);

/** The way of a write over a journal that takes 1 ms, for a cell that knows alice. */
export async function way() {
  const clock = new SimClock();
  const bus = new SimBus({ clock, random: new SimRandom(1), faults: busFaults() }).endpoint("master");
  const ground = new Ground();
  const interest = new Interest();
  const rounds = new Rounds({ bus, clock, epoch: 1, revision: () => ground.counters.revision });
  const leases = new ProxyLeases(clock, ({ proxyId }) => rounds.dropProxy(proxyId));
  const commits: Commit[] = [];
  /** How many commands went to the disk together. */
  const appends: number[] = [];
  const journal = {
    lastRevision: 0,
    append: (bodies: readonly unknown[]) =>
      new Promise<void>((resolve) => {
        appends.push(bodies.length);
        clock.after(1, () => {
          journal.lastRevision += bodies.length;
          resolve();
        });
      }),
  };
  const writes = new Writes({
    ...{ clock, bus, ground, time: new CellTime(clock, 0), journal, epoch: 1, leases, interest, rounds },
    ...{ events: new EventLog(0), noChangeBeforeMs: 0, onCommitted: () => {}, onFailed: () => {} },
    sessions: { proxiesOf: () => [], told: () => {} },
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
  return {
    clock,
    writes,
    ground,
    leases,
    interest,
    rounds,
    commits,
    appends,
    acquire,
    asAlice: { ...alice, newLeaseId: "l" },
  };
}

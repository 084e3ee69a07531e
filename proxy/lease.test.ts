import { expect, it } from "vitest";
import { ScriptedMaster } from "../shared/contracts/scripted-master.fixture.js";
import { silentLog } from "../shared/ports/log.js";
import { Fault } from "../shared/protocol/errors.js";
import { SimClock } from "../shared/sim/sim-clock.js";
import { SimRandom } from "../shared/sim/sim-random.js";
import { ProxyLease } from "./lease.js";

const NOTHING = { sessions: [], ended: [] };

const leaseOf = (clock: SimClock, link: ScriptedMaster, onLost: () => void): ProxyLease =>
  new ProxyLease({
    ...{ clock, link, random: new SimRandom(1), log: silentLog },
    proxy: { name: "p", url: "", zone: "" },
    companion: {
      registering: () => NOTHING,
      registered: () => {},
      renewing: () => ({ ...NOTHING, sessions: { count: 0, digest: "", asOf: 0 }, goneSeen: 0 }),
      renewed: () => false,
    },
    ...{ onLost, onOwed: () => {} },
  });

/** When a proxy asks to be registered by a master that refuses with this, ms. */
async function attempts(fault: Fault): Promise<number[]> {
  const clock = new SimClock();
  const link = new ScriptedMaster();
  const times: number[] = [];
  link.script.register = () => {
    times.push(clock.monotonicMs());
    throw fault;
  };
  const lease = leaseOf(clock, link, () => {});
  lease.start();
  await clock.runFor(20_000);
  return times;
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((ms, at) => ms - (times[at] as number));

it("comes again soon to a master that could not be reached", async () => {
  const waits = gaps(await attempts(new Fault("upstream_unavailable", "away")));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(125);
  expect(Math.max(...waits)).toBeLessThanOrEqual(376);
});

it("comes again to a master that has too much to do when that says so, about", async () => {
  const waits = gaps(await attempts(new Fault("overloaded", "later", { retryAfterMs: 2_000 })));
  expect(waits.length).toBeGreaterThan(5);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(3_001);
  expect(new Set(waits).size).toBeGreaterThan(3);
});

it("renews in time also where the answer to the register took most of the lease", async () => {
  const clock = new SimClock();
  const link = new ScriptedMaster();
  const answered = { epoch: 1, proxyId: "1-1", leaseMs: 3_000, revision: 0, round: 0, gone: [] };
  link.script.register = () => new Promise((resolve) => clock.after(2_000, () => resolve(answered)));
  link.script.renew = () => ({ ...{ leaseMs: 3_000, revision: 0, round: 0, owed: [], gone: [] }, wants: "digest" });
  let lost = 0;
  const lease = leaseOf(clock, link, () => {
    lost += 1;
  });
  lease.start();
  await clock.runFor(20_000);
  expect(lost).toBe(0);
  expect(lease.running()).toMatchObject({ proxyId: "1-1" });
  const renewals = link.asked.filter(({ call }) => call === "renew").length;
  expect(renewals).toBeGreaterThan(16);
  expect(renewals).toBeLessThan(20);
});

import { expect, it } from "vitest";
import type { Answer } from "../../shared/protocol/commands.js";
import { faultOf } from "../../shared/protocol/errors.js";
import { holderIdOf } from "../../shared/protocol/tokens.js";
import type { SimRandom } from "../../shared/sim/sim-random.js";
import { Recorder } from "../check/history.js";
import { Instants } from "../check/instants.js";
import type { LockCall, LockResult } from "../check/lock-operation.js";
import { checkLocks } from "../check/locks.js";
import { type TtlCommand, ttlAcquire } from "../clients/ttl-command.js";
import { SimCell } from "./sim-cell.fixture.js";

const SEEDS = 25;
const LOCKS = ["a", "b"];
const USERS = ["alice", "bob"];
const TURNS = 40;
const READERS_AT = [0, 1, 0, 1, "master"] as const;

type At = number | "master";
type Recording = Recorder<LockCall, LockResult>;

/** Reads the locks over and over at one door, mostly from its cache. */
async function reader(cell: SimCell, recorder: Recording, random: SimRandom, at: At, name: string): Promise<void> {
  for (let turn = 0; turn < 2 * TURNS; turn++) {
    const lock = pick(random, LOCKS);
    const pending = recorder.begin(name, lock, { kind: "read" });
    try {
      const { value } = await cell.read(at, lock, random.chance(0.1) ? { bypass: true } : {});
      pending.returned({ status: "read", lock: value });
    } catch {
      pending.withdrawn();
    }
    await pause(cell, random.int(40));
  }
}

/** Takes locks, changes what they say and lets them go, at one door or the other. */
async function writer(cell: SimCell, recorder: Recording, random: SimRandom, user: string): Promise<void> {
  const leases = new Map<string, string>();
  const holderId = holderIdOf(`user:${user}`);
  for (let turn = 0; turn < TURNS; turn++) {
    const name = pick(random, LOCKS);
    const command = nextCommand(random, name, leases.get(name), `${user}-${turn}`);
    const pending = recorder.begin(user, name, { ...command, holderId });
    try {
      const answer = await cell.execute(random.int(2), user, command);
      if (answer.status === "acquired") leases.set(name, answer.leaseId);
      else if (answer.status === "released" || answer.status === "refused") leases.delete(name);
      pending.returned(answer as LockResult & Answer);
    } catch (error) {
      // What was never tried is no part of the history; what may have been tried stays, its outcome unknown.
      if (faultOf(error).code === "authentication_failed") pending.withdrawn();
    }
    await pause(cell, random.int(60));
  }
}

function nextCommand(random: SimRandom, name: string, leaseId: string | undefined, metadata: string): TtlCommand {
  const ttlMs = random.chance(0.3) ? 300 : 60_000;
  if (leaseId === undefined) return ttlAcquire(name, { ttlMs, metadata });
  if (random.chance(0.5)) return { kind: "setMetadata", name, leaseId, metadata };
  return random.chance(0.5) ? { kind: "renew", name, leaseId, ttlMs } : { kind: "release", name, leaseId };
}

const pick = <T>(random: SimRandom, those: readonly T[]): T => those[random.int(those.length)] as T;
const pause = (cell: SimCell, ms: number): Promise<void> =>
  new Promise((resolve) => void cell.clock.after(ms, resolve));

/** Two proxies on an unreliable bus and a slow link; in some runs one of them stalls for longer than its lease. */
async function run(seed: number): Promise<{ recorder: Recording; hits: number }> {
  const cell = await SimCell.start({ proxies: 2, seed });
  const random = cell.random.fork("clients");
  const { faults } = cell.bus;
  Object.assign(faults, { lossRatio: 0.2, duplicateRatio: 0.2, reorder: true, delayMs: { min: 0, max: 30 } });
  for (const { linkFaults } of cell.proxies) {
    Object.assign(linkFaults, { delayMs: { min: 0, max: 20 }, lostBeforeRatio: 0.03, lostAfterRatio: 0.03 });
  }
  if (seed % 2 === 0) cell.clock.after(500, () => cell.proxy(1).process.pause());
  if (seed % 2 === 0) cell.clock.after(4_500, () => cell.proxy(1).process.resume());
  const recorder: Recording = new Recorder(new Instants(cell.clock));
  const clients = [
    ...READERS_AT.map((at, i) => reader(cell, recorder, random.fork(`reader ${i}`), at, `reader ${i} at ${at}`)),
    ...USERS.map((user) => writer(cell, recorder, random.fork(user), user)),
  ];
  let hits = 0;
  const count = (): void => {
    for (const at of [0, 1]) if (cell.cached(at, pick(random, LOCKS)) !== undefined) hits += 1;
    cell.clock.after(50, count);
  };
  count();
  await cell.clock.settle(Promise.all(clients), 600_000);
  return { recorder, hits };
}

it("P3 Fresh reads: what readers and writers at two proxies see is linearizable, lock by lock", async () => {
  let reads = 0;
  let hits = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run_ = await run(seed);
    const history = run_.recorder.history();
    const verdict = checkLocks(history);
    expect(verdict, `seed ${seed}: ${"explanation" in verdict ? verdict.explanation : ""}`).toEqual({
      verdict: "linearizable",
    });
    reads += history.filter(({ call }) => call.kind === "read").length;
    hits += run_.hits;
  }
  expect(reads).toBeGreaterThan(SEEDS * READERS_AT.length * TURNS);
  expect(hits).toBeGreaterThan(SEEDS);
});

import { describe, expect, it } from "vitest";
import { LIMITS } from "../../shared/protocol/limits.js";
import type { HeldSpan } from "../check/session-evidence.js";
import type { Fault, Plan } from "../sim/plan.js";
import { run } from "../sim/run.js";
import { acquire, change, does, fault, opens, script, takes, watches } from "../sim/script.js";
import type { SessionStep } from "../sim/sessions/session-action.js";
import { World } from "../sim/world.js";

const LEASE_MS = 5_000;
const SESSIONS = 40;
const LONG_MS = 60_000;

const names = Array.from({ length: SESSIONS }, (_, i) => `s${i + 1}`);

/** Many clients of the library, each with a lock of its own. */
function crowd(faults: readonly Fault[], some: Partial<Plan> = {}, more: readonly SessionStep[] = []): Plan {
  const steps = names.flatMap((name, i) => [opens(500 + 10 * i, name), takes(1_500 + 10 * i, name, { lock: name })]);
  return script({
    ...{ steps: [], faults },
    sessions: [steps, more],
    change: { sessionClients: names.map((name) => ({ name, user: name, rate: 1 })), ...some },
  });
}

/** Plays a plan; all promises must be kept. What its clients held is told. */
async function play(plan: Plan): Promise<World> {
  const world = new World(plan);
  await world.play();
  expect(world.records.mishaps).toEqual([]);
  expect((await run(plan)).findings).toEqual([]);
  return world;
}

const heldOf = (world: World, lock: string): readonly HeldSpan[] =>
  world.records.ofSessions.evidence().held.filter((span) => span.lock === lock);

const anchored = (world: World) => world.records.ofSessions.sessions.filter(({ attachment }) => attachment !== null);

describe("P6 Sessions outlive proxies", () => {
  it.each([
    ["process", false],
    ["machine", true],
  ])(
    `a proxy's %s that is killed costs none of ${SESSIONS} sessions, and no lock`,
    async (_, machine) => {
      const kill = fault(4_000, { kind: "crash", who: "p1", downMs: 25_000, machine });
      const world = await play(crowd([kill], { faultsForMs: 20_000 }));
      const sessions = anchored(world);
      expect(sessions).toHaveLength(SESSIONS);
      expect(sessions.some(({ signs }) => signs.some(({ life }) => life === "p1-1"))).toBe(true);
      for (const { signs, toldOverMs } of sessions) {
        expect(toldOverMs).toBe(Number.POSITIVE_INFINITY);
        expect(signs.at(-1)?.life).not.toBe("p1-1");
      }
      for (const name of names) {
        const last = heldOf(world, name).at(-1) as HeldSpan;
        expect([last.fencingToken, last.untilMs > 20_000]).toEqual([heldOf(world, name)[0]?.fencingToken, true]);
      }
    },
    LONG_MS,
  );

  it(
    "a master that is away for longer than a session lease costs none either",
    async () => {
      const kill = fault(4_000, { kind: "crash", who: "master", downMs: 14_000, machine: true });
      const world = await play(crowd([kill], { faultsForMs: 30_000 }));
      for (const { toldOverMs } of anchored(world)) expect(toldOverMs).toBe(Number.POSITIVE_INFINITY);
      for (const name of names) expect(heldOf(world, name).at(-1)?.untilMs).toBeGreaterThan(30_000);
    },
    LONG_MS,
  );
});

describe("P1 Mutual exclusion, P7 Bounded: a lock whose holder is lost", () => {
  const ONE = { proxies: [{ name: "p1", rate: 1, fillKeysPerS: 2_000 }] };
  const HELD = [opens(500, "s1", LEASE_MS), takes(600, "s1"), opens(1_000, "s2"), takes(1_200, "s2")];
  const DIES_MS = 15_000;

  it("is the next one's within session lease + 2 s, and not before the dead client's lease is over", async () => {
    const dies = does(DIES_MS, "s1", { kind: "die", silently: true });
    const world = await play(script({ steps: [], sessions: [HELD, dies], change: { ...ONE, faultsForMs: 30_000 } }));
    const next = heldOf(world, "lock").find(({ client }) => client === "s2") as HeldSpan;
    expect(next.fromMs - DIES_MS).toBeLessThan(LEASE_MS + 2_000);
    const lastSentMs = anchored(world)[0]?.signs.at(-1)?.sentMs as number;
    expect(next.fromMs).toBeGreaterThan(lastSentMs + LEASE_MS * LIMITS.driftFactor);
  });

  it("is free after proxy lease + session lease + grace if its proxy died with it", async () => {
    const dies = does(DIES_MS, "s1", { kind: "die", silently: true });
    const faults = [
      fault(1, { kind: "crash", who: "p2", downMs: 1_500, machine: false }),
      fault(DIES_MS + 1, { kind: "crash", who: "p1", downMs: 60_000, machine: true }),
    ];
    const plan = script({ steps: [], faults, sessions: [HELD, dies], change: { faultsForMs: 40_000 } });
    const world = await play(plan);
    const next = heldOf(world, "lock").find(({ client }) => client === "s2") as HeldSpan;
    expect(next.fromMs - DIES_MS).toBeLessThan(LIMITS.proxyLeaseMs + LEASE_MS + plan.graceMs + 1_000);
  });

  it("is not believed in by a program that stood still meanwhile, from the instant in which it goes on", async () => {
    const stands = fault(DIES_MS, { kind: "pause", who: "s1", forMs: 12_000 });
    const plan = script({ steps: [], faults: [stands], sessions: [HELD], change: { ...ONE, faultsForMs: 40_000 } });
    const world = await play(plan);
    const [own] = heldOf(world, "lock").filter(({ client }) => client === "s1") as [HeldSpan];
    const next = heldOf(world, "lock").find(({ client }) => client === "s2") as HeldSpan;
    expect(own.untilMs).toBeLessThan(next.fromMs);
    expect(own.untilMs - DIES_MS).toBeGreaterThan(LEASE_MS / 2);
  });
});

describe("P8 O(1) KeepAlive", () => {
  it(
    "forty sessions cost the master as many renewals, of the same size, as none",
    async () => {
      const empty = new World(crowd([], { sessionSteps: [], faultsForMs: 20_000 }));
      const full = new World(crowd([], { faultsForMs: 20_000 }));
      for (const world of [empty, full]) await world.play();
      const calm = (world: World) =>
        world.records.ofSessions.renewals.filter(({ atMs }) => atMs > 5_000 && atMs < 20_000);
      const [none, forty] = [calm(empty), calm(full)];
      expect(forty.reduce((sum, { sessions }) => Math.max(sum, sessions), 0)).toBeGreaterThan(SESSIONS / 4);
      expect(Math.abs(forty.length - none.length)).toBeLessThanOrEqual(2);
      expect(forty.every(({ isPlain }) => isPlain)).toBe(true);
      const bytes = (some: typeof none) => some.reduce((sum, one) => sum + one.bytes, 0) / some.length;
      expect(bytes(forty) / bytes(none)).toBeLessThan(1.05);
      const keepAlives = anchored(full).reduce((sum, { signs }) => sum + signs.length, 0);
      expect(keepAlives).toBeGreaterThan(SESSIONS * 10);
    },
    LONG_MS,
  );
});

describe("P11 No silent gap", () => {
  it(
    "watchers on sockets that stall and break, at proxies that die, with a lossy bus, see every change in order",
    async () => {
      const watching = names.slice(0, 12).map((name) => watches(700, name));
      const faults = [
        fault(2_000, { kind: "noisyBus", lossRatio: 0.5, duplicateRatio: 0.3, delayMs: 300, forMs: 14_000 }),
        fault(3_000, { kind: "breakSockets", who: "p1" }),
        fault(5_000, { kind: "crash", who: "p2", downMs: 3_000, machine: true }),
        fault(6_000, { kind: "stallSockets", who: "s1", direction: "both", forMs: 5_000, after: "whole" }),
        fault(7_000, { kind: "stallSockets", who: "s2", direction: "down", forMs: 5_000, after: "broken" }),
        fault(9_000, { kind: "crash", who: "master", downMs: 200, machine: true }),
        fault(13_000, { kind: "stop", who: "p1", downMs: 500 }),
      ];
      const changes = Array.from({ length: 120 }, (_, i) => change(1_600 + 120 * i, "w1", "master"));
      const plan = crowd(faults, { faultsForMs: 20_000 }, watching);
      const steps = [acquire(1_000, "w1", "master"), ...changes];
      const world = await play({ ...plan, steps });
      const told = world.records.ofSessions.watches.filter(({ isOpen }) => isOpen);
      expect(told.length).toBeGreaterThanOrEqual(12);
      for (const { items } of told) expect(items.length).toBeGreaterThan(20);
    },
    LONG_MS,
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../../shared/protocol/commands.js";
import { acquireOf, Cell, NAME, told } from "./cell.fixture.js";
import { Ground } from "./ground.js";
import type { CellCommand } from "./record.js";
import type { Snapshot } from "./snapshot.js";
import { Fork } from "./state.js";

const acquire = (cell: Cell, user: string, some: Parameters<typeof acquireOf>[0] = {}) =>
  cell.client(user, acquireOf(some));

/** What stands where before the command: nobody holds the lock, alice does (lease-3), or it cools off. */
type Before = "free" | "held by alice" | "expired but not expired by command" | "cooling";
const prepare: Record<Before, (cell: Cell) => void> = {
  free: () => {},
  "held by alice": (cell) => void acquire(cell, "alice"),
  "expired but not expired by command": (cell) => {
    acquire(cell, "alice");
    cell.nowMs = 60_001;
  },
  cooling: (cell) => {
    acquire(cell, "alice", { lockDelayMs: 10_000 });
    cell.client("alice", { kind: "release", name: NAME, leaseId: "lease-3" });
  },
};

type Step =
  | "acquire by alice"
  | "acquire by bob"
  | "renew by alice"
  | "renew by bob"
  | "renew with another lease"
  | "release by alice"
  | "metadata by alice"
  | "expire";
const LEASE = { name: NAME, leaseId: "lease-3" };
const steps: Record<Step, (cell: Cell) => ReturnType<Cell["own"]>> = {
  "acquire by alice": (cell) => acquire(cell, "alice", { ttlMs: 90_000 }),
  "acquire by bob": (cell) => acquire(cell, "bob"),
  "renew by alice": (cell) => cell.client("alice", { kind: "renew", ...LEASE, ttlMs: 60_000 }),
  "renew by bob": (cell) => cell.client("bob", { kind: "renew", ...LEASE, ttlMs: 60_000 }),
  "renew with another lease": (cell) =>
    cell.client("alice", { kind: "renew", name: NAME, leaseId: "other", ttlMs: 60_000 }),
  "release by alice": (cell) => cell.client("alice", { kind: "release", ...LEASE }),
  "metadata by alice": (cell) => cell.client("alice", { kind: "setMetadata", ...LEASE, metadata: "m" }),
  expire: (cell) => cell.own({ kind: "expire", name: NAME }),
};

const gone = "refused lease_not_current 404";
const notYours = "refused lease_not_current 400";
/** Answer, then what readers may see of it: a visible change, a silent one, or none. */
const truth: Record<Before, Record<Step, string>> = {
  free: {
    "acquire by alice": "acquired, visible",
    "acquire by bob": "acquired, visible",
    "renew by alice": `${gone}, none`,
    "renew by bob": `${gone}, none`,
    "renew with another lease": `${gone}, none`,
    "release by alice": `${gone}, none`,
    "metadata by alice": `${gone}, none`,
    expire: "done, none",
  },
  "held by alice": {
    "acquire by alice": "acquired, silent",
    "acquire by bob": "held, none",
    "renew by alice": "renewed, silent",
    "renew by bob": `${notYours}, none`,
    "renew with another lease": `${notYours}, none`,
    "release by alice": "released, visible",
    "metadata by alice": "metadataSet, visible",
    expire: "done, none",
  },
  // Only the expiry command frees a lock (T1), so to every other command it is held.
  "expired but not expired by command": {
    "acquire by alice": "acquired, silent",
    "acquire by bob": "held, none",
    "renew by alice": "renewed, silent",
    "renew by bob": `${notYours}, none`,
    "renew with another lease": `${notYours}, none`,
    "release by alice": "released, visible",
    "metadata by alice": "metadataSet, visible",
    expire: "done, visible",
  },
  cooling: {
    "acquire by alice": "delayed, none",
    "acquire by bob": "delayed, none",
    "renew by alice": `${gone}, none`,
    "renew by bob": `${gone}, none`,
    "renew with another lease": `${gone}, none`,
    "release by alice": `${gone}, none`,
    "metadata by alice": `${gone}, none`,
    expire: "done, none",
  },
};

describe("every command meets every state of a lock", () => {
  for (const before of Object.keys(truth) as Before[]) {
    for (const step of Object.keys(truth[before]) as Step[]) {
      it(`${before}: ${step}`, () => {
        const cell = new Cell("alice", "bob");
        prepare[before](cell);
        expect(told(steps[step](cell))).toBe(truth[before][step]);
      });
    }
  }
});

describe("leases", () => {
  it("the holder's second acquire keeps lease and token, and never shortens", () => {
    const cell = new Cell("alice");
    const first = acquire(cell, "alice").answer;
    expect(acquire(cell, "alice", { ttlMs: 1_000, metadata: "ignored" })).toMatchObject({
      answer: first,
      writes: false,
    });
  });

  it("a renewal that brings the expiry forward is a change that readers see", () => {
    const cell = new Cell("alice");
    acquire(cell, "alice");
    const { touched } = cell.client("alice", { kind: "renew", name: NAME, leaseId: "lease-2", ttlMs: 1_000 });
    expect(touched).toEqual([{ key: `lock/${NAME}`, event: "renewed", visible: true }]);
  });

  it("the limit of locks counts what is held, and comes before contention", () => {
    const cell = new Cell("alice", "bob");
    const take = (user: string, name: string) =>
      cell.client(user, acquireOf({ name }), { locksPerPrincipal: 2 }).answer;
    take("alice", "a");
    take("alice", "b");
    take("bob", "c");
    expect(take("alice", "c")).toMatchObject({ status: "refused", code: "lock_limit_exceeded", httpStatus: 403 });
    expect(take("alice", "a")).toMatchObject({ status: "acquired" });
    cell.client("alice", { kind: "release", name: "a", leaseId: "lease-3" });
    expect(take("alice", "d")).toMatchObject({ status: "acquired" });
  });

  it("an answer is kept for 15 minutes, whenever the table is cleared (O1)", () => {
    const cell = new Cell("alice");
    const take = () => cell.client("alice", acquireOf({ ttlMs: 1 }), { operationId: "op" });
    take();
    cell.nowMs = 899_999;
    expect(take().writes).toBe(false);
    cell.nowMs = 900_000;
    expect(take().writes).toBe(true);
  });

  it("an unknown token is refused and leaves no trace", () => {
    const cell = new Cell("alice");
    const outcome = cell.client("mallory", acquireOf(), { operationId: "op" });
    expect(outcome).toMatchObject({ answer: { status: "refused", code: "authentication_failed" }, writes: false });
  });
});

/** Random cells: what they do, and at which times. */
const anyUser = fc.constantFrom("alice", "bob");
const anyName = fc.constantFrom("a", "b", "c");
const anyLease = fc.integer({ min: 3, max: 30 }).map((n) => `lease-${n}`);
const anyStep = fc.oneof(
  fc.record({
    user: anyUser,
    command: fc
      .record({
        name: anyName,
        ttlMs: fc.integer({ min: 1, max: 5_000 }),
        lockDelayMs: fc.constantFrom(0, 2_000),
        delayOnRelease: fc.boolean(),
      })
      .map(acquireOf),
  }),
  fc.record({
    user: anyUser,
    command: fc.record({
      kind: fc.constant("renew" as const),
      name: anyName,
      leaseId: anyLease,
      ttlMs: fc.integer({ min: 1, max: 5_000 }),
    }),
  }),
  fc.record({
    user: anyUser,
    command: fc.record({ kind: fc.constant("release" as const), name: anyName, leaseId: anyLease }),
  }),
  fc.record({
    user: fc.constant(undefined),
    command: fc.record({ kind: fc.constant("expire" as const), name: anyName }),
  }),
);
const anyLife = fc.array(
  fc.tuple(anyStep, fc.integer({ min: 0, max: 3_000 }), fc.option(fc.constantFrom("1", "2", "3"))),
  { maxLength: 40 },
);

describe("laws of the cell", () => {
  it("P2 Fencing: every grant has a larger token than all before it", () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        const cell = new Cell("alice", "bob");
        let newest = 0;
        const known = new Set<string>();
        live(cell, life, ({ answer }) => {
          if (answer.status !== "acquired" || known.has(answer.leaseId)) return;
          known.add(answer.leaseId);
          expect(answer.fencingToken).toBeGreaterThan(newest);
          newest = answer.fencingToken;
        });
      }),
    );
  });

  it("a snapshot is the whole state: a life goes on from it alike", () => {
    fc.assert(
      fc.property(anyLife, anyLife, (first, second) => {
        const cell = new Cell("alice", "bob");
        live(cell, first);
        const twin = new Cell("alice", "bob");
        live(twin, first);
        twin.ground = Ground.fromSnapshot(JSON.parse(JSON.stringify(twin.ground.toSnapshot())) as Snapshot);
        const answers: unknown[] = [];
        live(cell, second, (outcome) => answers.push(outcome));
        const twins: unknown[] = [];
        live(twin, second, (outcome) => twins.push(outcome));
        expect(twins).toEqual(answers);
        expect(twin.ground.toSnapshot()).toEqual(cell.ground.toSnapshot());
      }),
    );
  });

  it("a fork that is not merged leaves no trace, and one that is leaves the same as none", () => {
    fc.assert(
      fc.property(anyLife, (life) => {
        const plain = new Cell("alice", "bob");
        live(plain, life);
        const forked = new Cell("alice", "bob");
        const outer = new Fork(forked.ground);
        const inner = new Fork(outer);
        const before = JSON.stringify(forked.ground.toSnapshot());
        const base = forked.ground;
        forked.ground = inner as unknown as Ground;
        live(forked, life);
        expect(JSON.stringify(base.toSnapshot())).toBe(before);
        inner.merge();
        outer.merge();
        const sorted = (snapshot: Snapshot) => ({
          ...snapshot,
          locks: [...snapshot.locks].sort((a, b) => (a.name < b.name ? -1 : 1)),
        });
        expect(sorted(base.toSnapshot()).locks).toEqual(sorted(plain.ground.toSnapshot()).locks);
        expect(base.counters).toEqual(plain.ground.counters);
      }),
    );
  });
});

type Life = readonly (readonly [{ user: string | undefined; command: Command | CellCommand }, number, string | null])[];

function live(cell: Cell, life: Life, onOutcome: (outcome: ReturnType<Cell["own"]>) => void = () => {}): void {
  for (const [{ user, command }, passesMs, operationId] of life) {
    cell.nowMs += passesMs;
    const outcome =
      user === undefined
        ? cell.own(command as CellCommand)
        : cell.client(user, command as Command, { operationId: operationId ?? undefined });
    onOutcome(outcome);
  }
}

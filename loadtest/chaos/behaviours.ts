import type { Dice } from "../clients/dice.js";
import type { Action, Deed } from "../clients/step.js";

/** The lock that the prober changes, and the sentinels read. */
export const PROBED_LOCK = "chaos/probed";
const PROBED_TTL_MS = 3_600_000;

/** What a client needs to know to do the next thing. */
export interface Situation {
  readonly dice: Dice;
  /** The door that it prefers; for sentinel and prober the only one. */
  readonly door: string;
  readonly doors: readonly string[];
  readonly locks: readonly string[];
  /** How many things it has done. */
  readonly done: number;
}

export interface Move {
  readonly deed: Deed;
  /** How long it rests afterwards. */
  readonly restMs: number;
}

/** What the clients of each kind do, again and again. */
export const BEHAVIOURS = {
  /** Takes, keeps, changes and gives back locks that others want too, through any door. */
  writer({ dice, door, doors, locks }: Situation): Move {
    const at = { door: dice.chance(0.5) ? door : dice.pick(doors), abandon: dice.chance(0.03) };
    return { deed: { ...change(dice, dice.pick(locks)), ...at }, restMs: 10 + dice.int(70) };
  },
  /** Reads what the writers change, mostly at the door that it prefers: what is asked for often is in the cache. */
  reader({ dice, door, doors, locks }: Situation): Move {
    const at = { door: dice.chance(0.7) ? door : dice.pick(doors) };
    return { deed: { ...look(dice, dice.pick([...locks, PROBED_LOCK])), ...at }, restMs: 2 + dice.int(25) };
  },
  /** Reads at one proxy all the time, by a way of its own that never fails: when did that proxy not answer? */
  sentinel({ door, locks, done }: Situation): Move {
    const lock = done % 3 === 0 ? (locks[(done / 3) % locks.length] as string) : PROBED_LOCK;
    return { deed: { kind: "read", lock, door }, restMs: 20 };
  },
  /** Changes a lock that every proxy holds, at the master, by a way that never fails: how long does that take? */
  prober({ dice, door, done }: Situation): Move {
    const take = { kind: "acquire", ttlMs: PROBED_TTL_MS, lockDelayMs: 0, metadata: null } as const;
    const action = done === 0 ? take : ({ kind: "setMetadata", metadata: dice.word() } as const);
    return { deed: { ...action, lock: PROBED_LOCK, door }, restMs: 60 };
  },
} as const satisfies Record<string, (situation: Situation) => Move>;

export type ClientKind = keyof typeof BEHAVIOURS;

function change(dice: Dice, lock: string): Action {
  const ttlMs = dice.pick([1_000, 2_000, 5_000, 30_000]);
  switch (dice.int(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { kind: "acquire", lock, ttlMs, lockDelayMs: dice.pick([0, 0, 0, 1_000]), metadata: dice.word() };
    case 4:
    case 5:
      return { kind: "renew", lock, ttlMs };
    case 6:
    case 7:
      return { kind: "release", lock };
    case 8:
    case 9:
    case 10:
      return { kind: "setMetadata", lock, metadata: dice.word() };
    default:
      return { kind: "repeat" };
  }
}

function look(dice: Dice, lock: string): Action {
  switch (dice.int(10)) {
    case 0:
      return { kind: "read", lock, bypass: true };
    case 1:
      return { kind: "read", lock, maxStaleMs: dice.pick([0, 1_000, 10_000]) };
    case 2:
      return { kind: "list", prefix: dice.pick(["", lock]) };
    default:
      return { kind: "read", lock };
  }
}

import type { Dice } from "../clients/dice.js";
import type { Action, Step } from "../clients/step.js";
import type { ClientPlan, Fault } from "./plan.js";

const RUSH_MS = 10_000;
const LISTS_MAX = 25;
const PREFIXES = ["", "", "lock-", "app/"];
/** The lock of the rush, which nobody else takes. */
export const HOT_LOCK = "hot";
const OPERATOR = "operator";

/** What a client does all the time, most of it in the bursts. */
export function randomSteps(
  dice: Dice,
  client: ClientPlan,
  among: { hosts: readonly string[]; locks: readonly string[] },
): Step[] {
  const writes = client.name === client.user;
  const count = (writes ? 25 : 60) + dice.int(writes ? 40 : 60);
  // Somebody who always goes to one proxy finds it warm.
  const favourite = dice.pick(among.hosts);
  return dice.times(count, () => ({
    ...(writes ? write(dice, among.locks) : read(dice, among.locks)),
    atMs: dice.time(),
    by: client.name,
    door: dice.chance(0.5) ? favourite : dice.pick(among.hosts),
  }));
}

/** Lists of all locks, and of some. */
export function listSteps(dice: Dice, clients: readonly ClientPlan[], hosts: readonly string[]): Step[] {
  return clients.flatMap(({ name: by }) =>
    dice.times(dice.int(LISTS_MAX), () => {
      const [prefix, door, atMs] = [dice.pick(PREFIXES), dice.pick(hosts), dice.time()];
      return { kind: "list", prefix, bypass: dice.chance(0.1), ...{ atMs, by, door } };
    }),
  );
}

/** One lock is changed again and again around the time of a fault, while everybody reads it. */
export function rush(dice: Dice, clients: readonly ClientPlan[], hosts: readonly string[], fault: Fault): Step[] {
  const lock = HOT_LOCK;
  const fromMs = Math.max(0, fault.atMs - 2_000);
  const everyMs = dice.pick([150, 400]);
  const writer = clients[0] as ClientPlan;
  const those = [writer, ...clients.filter(({ name, user }) => name !== user)];
  return those.flatMap((client) => {
    const door = "who" in fault && dice.chance(0.5) ? fault.who : dice.pick(hosts);
    const at = { by: client.name, door };
    const act = (): Action =>
      client === writer ? { kind: "setMetadata", lock, metadata: dice.word() } : { kind: "read", lock };
    const acquire = { kind: "acquire", lock, ttlMs: 30_000, lockDelayMs: 0, metadata: null } as const;
    const first: Step[] = client === writer ? [{ ...acquire, ...at, atMs: fromMs }] : [];
    const rest = dice.times(RUSH_MS / everyMs, (i) => ({ ...act(), ...at, atMs: fromMs + (i + 1) * everyMs }));
    return [...first, ...rest];
  });
}

function read(dice: Dice, locks: readonly string[]): Action {
  const lock = dice.pick(locks);
  switch (dice.int(10)) {
    case 0:
      return { kind: "read", lock, bypass: true };
    case 1:
      return { kind: "read", lock, maxStaleMs: dice.pick([0, 1_000, 10_000]) };
    default:
      return { kind: "read", lock };
  }
}

function write(dice: Dice, locks: readonly string[]): Action & { abandon?: boolean } {
  const lock = dice.pick(locks);
  const abandon = dice.chance(0.05);
  switch (dice.int(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return {
        kind: "acquire",
        lock,
        ttlMs: ttlMs(dice),
        lockDelayMs: dice.pick([0, 0, 0, 300, 3_000]),
        metadata: dice.word(),
        abandon,
      };
    case 4:
    case 5:
      return { kind: "renew", lock, ttlMs: ttlMs(dice), abandon };
    case 6:
    case 7:
      return { kind: "release", lock, abandon };
    case 8:
    case 9:
    case 10:
      return { kind: "setMetadata", lock, metadata: dice.word(), abandon };
    default:
      return { kind: "repeat" };
  }
}

/** Tokens that are revoked, and soon put back. */
export function operatorSteps(dice: Dice, clients: readonly ClientPlan[]): Step[] {
  const users = [...new Set(clients.map(({ user }) => user))];
  const changes = dice.times(dice.int(4), () => {
    const user = dice.pick(users);
    const atMs = dice.time();
    const backMs = atMs + dice.pick([1, 200, 3_000]);
    return [
      { kind: "revoke", user, atMs, by: OPERATOR, door: "master" },
      { kind: "grant", user, atMs: backMs, by: OPERATOR, door: "master" },
    ] as const;
  });
  return changes.flat();
}

function ttlMs(dice: Dice): number {
  return dice.pick([1_000, 2_000, 5_000, 30_000]);
}

import { Dice } from "../../clients/dice.js";
import type { ClientPlan, Fault, Plan } from "../plan.js";
import type { HttpSessionStep, SessionAction, SessionStep } from "./session-action.js";

const UNTIL_MS = 40_000;
const CLIENTS_MAX = 4;
/** Locks that are taken by sessions only. One of the others is taken by both kinds of clients. */
const SESSION_LOCKS = ["app/leader", "app/job"];
/** Nobody else takes it. */
const DUEL_LOCK = "app/duel";
const RATES = [0.99, 0.995, 1, 1.005, 1.01];
const LEASES_MS = [5_000, 5_000, 6_000, 12_000];

type OfSessions = "sessionClients" | "sessionSteps" | "httpClients" | "httpSteps" | "graceMs" | "drainMs";
type SessionPlan = Pick<Plan, OfSessions> & {
  readonly socketFaults: readonly Fault[];
  readonly socketDelayMs: number;
};

/** Clients of the library in the world of a seed, and what goes wrong with their sockets and processes. */
export function randomSessions(seed: number, hosts: readonly string[], locks: readonly string[]): SessionPlan {
  const dice = new Dice(`sessions ${seed}`);
  dice.layBursts(UNTIL_MS);
  const sessionClients = dice.times(dice.int(CLIENTS_MAX + 1), (i) => ({
    name: `s${i + 1}`,
    user: `s${i + 1}`,
    rate: dice.pick(RATES),
  }));
  const names = [...SESSION_LOCKS, dice.pick(locks)];
  const steps = sessionClients.flatMap((client) => stepsOf(dice, client, names));
  const everybody = [...hosts, ...sessionClients.map(({ name }) => name)];
  const isolated = dice.chance(0.2) ? [isolation(dice, dice.pick(hosts.slice(1)))] : [];
  const duels = sessionClients.length > 1 && dice.chance(0.6) ? dice.times(2, () => duel(dice, sessionClients)) : [];
  const duelFaults = duels.map(({ fault }) => fault);
  const socketFaults = sessionClients.length === 0 ? [] : [...faults(dice, everybody), ...isolated, ...duelFaults];
  return {
    sessionClients,
    sessionSteps: [...steps, ...duels.flatMap((one) => one.steps)].sort((a, b) => a.atMs - b.atMs),
    socketFaults,
    socketDelayMs: dice.pick([1, 5, 50, 400, 800]),
    ...httpOf(seed, hosts, names),
    graceMs: dice.pick([6_000, 6_000, 10_000, 45_000]),
    drainMs: dice.pick([0, 500, 3_000]),
  };
}

function stepsOf(dice: Dice, { name: by }: ClientPlan, locks: readonly string[]): SessionStep[] {
  const leaseMs = dice.pick(LEASES_MS);
  const opens = [0, ...dice.times(6, () => dice.time())];
  const open = opens.map((atMs): SessionStep => ({ kind: "open", leaseMs, atMs, by }));
  const rest = dice.times(20 + dice.int(40), (): SessionStep => ({ ...action(dice, locks), atMs: dice.time(), by }));
  return [...open, ...rest];
}

/** With dice of their own: whoever else there is does not change with them. */
function httpOf(
  seed: number,
  hosts: readonly string[],
  locks: readonly string[],
): Pick<Plan, "httpClients" | "httpSteps"> {
  const dice = new Dice(`sessions over HTTP ${seed}`);
  dice.layBursts(UNTIL_MS);
  const count = dice.pick([0, 0, 1, 2]);
  const httpClients = dice.times(count, (i) => ({ name: `h${i + 1}`, user: `h${i + 1}`, rate: dice.pick(RATES) }));
  const httpSteps = httpClients.flatMap(({ name: by }) => {
    const at = (atMs: number) => ({ atMs, by, door: dice.pick(hosts) });
    const opens = [0, 1, 2, 3, 4, 5].map((i): HttpSessionStep => ({ kind: "open", ...at(500 + 7_000 * i) }));
    const beats = dice.times(12, (i): HttpSessionStep => ({ kind: "keepAlive", ...at(2_000 + 3_200 * i) }));
    const rest = dice.times(16, (): HttpSessionStep => ({ ...httpAction(dice, dice.pick(locks)), ...at(dice.time()) }));
    return [...opens, ...beats, ...rest];
  });
  return { httpClients, httpSteps: httpSteps.sort((a, b) => a.atMs - b.atMs) };
}

type HttpAction = Pick<HttpSessionStep & { kind: "take" }, "kind" | "lock" | "ttlMs">;

function httpAction(
  dice: Dice,
  lock: string,
): HttpAction | { readonly kind: "drop"; readonly lock: string } | { readonly kind: "keepAlive" | "close" } {
  switch (dice.int(8)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { kind: "take", lock, ttlMs: dice.pick([3_000, 30_000, 30_000]) };
    case 4:
    case 5:
      return { kind: "drop", lock };
    case 6:
      return { kind: "keepAlive" };
    default:
      return { kind: dice.chance(0.4) ? "close" : "keepAlive" };
  }
}

function action(dice: Dice, locks: readonly string[]): SessionAction {
  const lock = dice.pick(locks);
  switch (dice.int(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      return {
        kind: "take",
        lock,
        wait: dice.chance(0.6),
        metadata: dice.word(),
        lockDelayMs: dice.pick([0, 0, 0, 1_000, 8_000]),
      };
    case 6:
    case 7:
      return { kind: "drop", lock };
    case 8:
      return { kind: "mark", lock, metadata: dice.word() };
    case 9:
      return { kind: "giveUp", lock };
    case 10:
      return dice.chance(0.4) ? { kind: "leave" } : { kind: "drop", lock };
    case 11:
    case 12:
      return { kind: "watch", target: dice.chance(0.5) ? { name: lock } : { prefix: dice.pick(["", "app/"]) } };
    case 13:
      return dice.chance(0.2) ? { kind: "unwatch" } : { kind: "look", lock };
    case 14:
      return { kind: "look", lock };
    default:
      return dice.chance(0.4) ? { kind: "die", silently: dice.chance(0.5) } : { kind: "look", lock };
  }
}

/** Of clients and gateways alike: sockets that stall or break, and programs that stand still. */
function faults(dice: Dice, among: readonly string[]): Fault[] {
  return dice.times(dice.int(8), (): Fault => {
    const [who, atMs] = [dice.pick(among), dice.time()];
    const forMs = dice.pick([500, 2_000, 4_500, 7_000, 14_000]) * (0.8 + 0.4 * dice.fraction());
    switch (dice.int(4)) {
      case 0:
        return { kind: "breakSockets", who, atMs };
      case 1:
        return { kind: "pause", who, forMs, atMs };
      default:
        return {
          kind: "stallSockets",
          ...{ who, forMs, atMs },
          direction: dice.pick(["up", "down", "both"] as const),
          after: dice.pick(["whole", "broken"] as const),
        };
    }
  });
}

/** One has a lock, another waits for it, and the first stands still, or is not heard, for about as long as its lease. */
function duel(dice: Dice, clients: readonly ClientPlan[]): { readonly steps: SessionStep[]; readonly fault: Fault } {
  const [one, other] = dice.chance(0.5) ? [clients[0], clients[1]] : [clients[1], clients[0]];
  const fromMs = 2_000 + dice.fraction() * 20_000;
  const take = { kind: "take", lock: DUEL_LOCK, wait: true, metadata: null, lockDelayMs: 0 } as const;
  const drop = { kind: "drop", lock: DUEL_LOCK } as const;
  const steps = [
    { ...take, by: (one as ClientPlan).name, atMs: fromMs },
    { ...take, by: (other as ClientPlan).name, atMs: fromMs + 2_500 },
    { ...drop, by: (other as ClientPlan).name, atMs: fromMs + 14_000 },
    { ...drop, by: (one as ClientPlan).name, atMs: fromMs + 14_500 },
  ];
  const forMs = dice.pick([4_800, 5_200, 6_200, 8_000]) * (0.9 + 0.3 * dice.fraction());
  const at = { who: (one as ClientPlan).name, atMs: fromMs + 4_000 + 3_000 * dice.fraction(), forMs };
  const fault: Fault = dice.chance(0.6)
    ? { kind: "pause", ...at }
    : { kind: "stallSockets", ...at, direction: "both", after: "whole" };
  return { steps, fault };
}

/** A proxy that its clients reach, and that does not reach the master for so long that its sessions are given up. */
function isolation(dice: Dice, who: string): Fault {
  return { kind: "cutLink", who, direction: "both", forMs: dice.pick([10_000, 15_000, 20_000]), atMs: dice.time() / 2 };
}

import { LIMITS } from "../../shared/protocol/limits.js";
import type { Dice } from "../clients/dice.js";
import { CALLS, type Fault, type Mishap, type Noise, type ProxyPlan } from "./plan.js";

const TROUBLES_MAX = 14;

/** What the network does all the time. */
export function randomNoise(dice: Dice): Omit<Noise, "socket"> {
  const bad = dice.chance(0.5);
  return {
    bus: {
      lossRatio: dice.pick(bad ? [0, 0.1, 0.5, 1] : [0]),
      duplicateRatio: dice.pick(bad ? [0, 0.2] : [0]),
      delayMs: dice.pick(bad ? [1, 20, 200, 1_500] : [1, 5]),
      reorder: bad && dice.chance(0.5),
    },
    link: {
      lostBeforeRatio: dice.pick(bad ? [0, 0.05, 0.2] : [0]),
      lostAfterRatio: dice.pick(bad ? [0, 0.05, 0.2] : [0]),
      delayMs: dice.pick(bad ? [1, 10, 100, 600] : [1, 5]),
    },
    client: { lossRatio: dice.pick([0, 0, 0.02]), delayMs: dice.pick([1, 5]) },
  };
}

/** What goes wrong at its time, one thing or several that belong together. */
export function randomFaults(dice: Dice, hosts: readonly string[]): Fault[] {
  return dice.times(dice.int(TROUBLES_MAX), () => trouble(dice, hosts, dice.time())).flat();
}

/** One thing that goes wrong, or several that belong together. */
function trouble(dice: Dice, hosts: readonly string[], atMs: number): Fault[] {
  if (!dice.chance(0.25)) return [{ ...mishap(dice, hosts), atMs }];
  return isolation(dice, dice.pick(hosts.slice(1)), atMs);
}

/** A proxy that nobody reaches but its readers, and that may not know it, while something happens to the master. */
function isolation(dice: Dice, who: string, atMs: number): Fault[] {
  const forMs = dice.pick([2_500, 4_000, 7_000]);
  const direction = dice.pick(["requests", "replies", "both", "both"] as const);
  const downMs = dice.pick([1, 100]);
  const slow: Fault = {
    kind: "slowLink",
    who,
    call: "renew",
    delayMs: 900,
    forMs: 3_000,
    atMs: Math.max(0, atMs - 3_000),
  };
  const master: Mishap[] = [
    { kind: "crash", who: "master", downMs, machine: dice.chance(0.5) },
    { kind: "stop", who: "master", downMs },
    { kind: "pause", who: "master", forMs: dice.pick([500, 3_500]) },
  ];
  const laterMs = dice.pick([5, 200, 2_000]) * dice.fraction();
  return [
    { kind: "cutLink", who, direction, forMs, atMs },
    { kind: "cutBus", who, direction: dice.pick(["in", "out", "both", "both"] as const), forMs, atMs },
    ...(dice.chance(0.3) ? [slow] : []),
    ...(dice.chance(0.6) ? [{ ...dice.pick(master), atMs: atMs + laterMs }] : []),
  ];
}

/** What a proxy says on the bus comes when another life of the master has begun, and the proxy hears nothing. */
export function echo(dice: Dice, proxies: readonly ProxyPlan[]): Fault[] {
  const who = dice.pick(proxies).name;
  // Early, while the numbers of rounds are as low as those of the next life will be.
  const atMs = dice.pick([300, 2_000]) * dice.fraction();
  const crashMs = atMs + 300 + dice.pick([500, 2_000]) * dice.fraction();
  const forMs = LIMITS.proxyLeaseMs + dice.pick([300, 1_000, 5_000]) * dice.fraction();
  return [
    { kind: "stallBus", who, direction: "out", forMs: crashMs - atMs + forMs, atMs },
    { kind: "crash", who: "master", downMs: dice.pick([1, 100]), machine: false, atMs: crashMs },
    { kind: "cutBus", who, direction: "in", forMs: forMs + 1_000, atMs: crashMs },
    { kind: "slowLink", who, call: "renew", delayMs: dice.pick([10, 900]), forMs, atMs: crashMs },
  ];
}

function mishap(dice: Dice, hosts: readonly string[]): Mishap {
  const who = dice.pick(hosts);
  const proxy = dice.pick(hosts.slice(1));
  const forMs = dice.pick([50, 500, 1_500, 2_900, 3_100, 4_500, 8_000]) * (0.8 + 0.4 * dice.fraction());
  const downMs = dice.pick([1, 100, 1_000, 3_500]);
  switch (dice.int(13)) {
    case 0:
    case 1:
      return { kind: "pause", who, forMs };
    case 2:
    case 3:
      return { kind: "crash", who, downMs, machine: dice.chance(0.3) };
    case 4:
      return { kind: "stop", who, downMs };
    case 5:
      return {
        kind: dice.pick(["cutBus", "stallBus"] as const),
        who,
        direction: dice.pick(["in", "out", "both"] as const),
        forMs,
      };
    case 6:
      return { kind: "busDown", forMs };
    case 7:
      return {
        kind: "noisyBus",
        lossRatio: dice.pick([0, 0.3]),
        duplicateRatio: 0.3,
        delayMs: dice.pick([50, 500, 3_000]),
        forMs,
      };
    case 8:
      return { kind: "cutLink", who: proxy, direction: dice.pick(["requests", "replies", "both"] as const), forMs };
    case 9:
    case 10:
      return { kind: "slowLink", who: proxy, call: dice.pick(CALLS), delayMs: dice.pick([20, 200, 1_000]), forMs };
    case 11: {
      const where = dice.pick(["before", "after"] as const);
      return { kind: "lossyLink", who: proxy, call: dice.pick(CALLS), where, ratio: dice.pick([0.5, 1]), forMs };
    }
    default:
      if (dice.chance(0.3)) return { kind: "diskFull", forMs: dice.pick([5, 500]) };
      return { kind: "stepWall", who, byMs: dice.pick([-60_000, -2_000, 2_000, 60_000]) };
  }
}

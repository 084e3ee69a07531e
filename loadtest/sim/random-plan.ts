import { SimRandom } from "../../shared/sim/sim-random.js";
import {
  type Action,
  CALLS,
  type ClientPlan,
  type Fault,
  type Mishap,
  type Noise,
  type Plan,
  type Step,
} from "./plan.js";

const FAULTS_FOR_MS = 40_000;
const PROXIES_MAX = 3;
const WRITERS_MAX = 3;
const READERS_MAX = 4;
const LOCKS_MAX = 3;
/** Any two of them differ by the 2 % that the cell is made for, and no more. */
const RATES = [0.99, 0.995, 1, 1.005, 1.01];
const BURSTS = 14;
const FAULTS_MAX = 14;
/** Races need things that happen at nearly the same time, and not always the same nearly. */
const BURST_SPREADS_MS = [3, 30, 300, 2_000];
const IN_A_BURST = 0.75;
const OPERATOR = "operator";

/** A world as the seed has it: small, crowded and unlucky. */
export function randomPlan(seed: number): Plan {
  return new Dice(seed).plan();
}

class Dice {
  readonly #seed: number;
  readonly #random: SimRandom;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = new SimRandom(`plan ${seed}`);
  }

  plan(): Plan {
    const proxies = this.#times(1 + this.#random.int(PROXIES_MAX), (i) => ({
      name: `p${i + 1}`,
      rate: this.#pick(RATES),
      fillKeysPerS: this.#pick([50, 2_000, 2_000, 2_000]),
    }));
    const clients = this.#clients();
    const locks = this.#times(1 + this.#random.int(LOCKS_MAX), (i) => `lock-${i + 1}`);
    const hosts = ["master", ...proxies.map(({ name }) => name)];
    const bursts = this.#times(BURSTS, () => this.#random.fraction() * FAULTS_FOR_MS);
    const faults = this.#times(this.#random.int(FAULTS_MAX), () => this.#trouble(hosts, this.#time(bursts))).flat();
    const steps = [
      ...clients.flatMap((client) => this.#steps(client, { hosts, locks, bursts })),
      ...this.#operatorSteps(clients, bursts),
    ];
    const byTime = (a: { atMs: number }, b: { atMs: number }): number => a.atMs - b.atMs;
    return {
      seed: this.#seed,
      ...{ proxies, clients, locks },
      masterRate: this.#pick(RATES),
      faults: faults.sort(byTime),
      steps: steps.sort(byTime),
      noise: this.#noise(),
      faultsForMs: FAULTS_FOR_MS,
    };
  }

  #clients(): ClientPlan[] {
    const writers = this.#times(1 + this.#random.int(WRITERS_MAX), (i) => `w${i + 1}`);
    const readers = this.#times(1 + this.#random.int(READERS_MAX), (i) => `r${i + 1}`);
    return [
      ...writers.map((name) => ({ name, user: name, rate: this.#pick(RATES) })),
      ...readers.map((name) => ({ name, user: this.#pick(writers), rate: this.#pick(RATES) })),
    ];
  }

  #noise(): Noise {
    const bad = this.#random.chance(0.5);
    return {
      bus: {
        lossRatio: this.#pick(bad ? [0, 0.1, 0.5, 1] : [0]),
        duplicateRatio: this.#pick(bad ? [0, 0.2] : [0]),
        delayMs: this.#pick(bad ? [1, 20, 200, 1_500] : [1, 5]),
        reorder: bad && this.#random.chance(0.5),
      },
      link: {
        lostBeforeRatio: this.#pick(bad ? [0, 0.05, 0.2] : [0]),
        lostAfterRatio: this.#pick(bad ? [0, 0.05, 0.2] : [0]),
        delayMs: this.#pick(bad ? [1, 10, 100, 600] : [1, 5]),
      },
      client: { lossRatio: this.#pick([0, 0, 0.02]), delayMs: this.#pick([1, 5]) },
    };
  }

  /** One thing that goes wrong, or several that belong together. */
  #trouble(hosts: readonly string[], atMs: number): Fault[] {
    if (!this.#random.chance(0.25)) return [{ ...this.#mishap(hosts), atMs }];
    return this.#isolation(this.#pick(hosts.slice(1)), atMs);
  }

  /** A proxy that nobody reaches but its readers, and that may not know it, while something happens to the master. */
  #isolation(who: string, atMs: number): Fault[] {
    const forMs = this.#pick([2_500, 4_000, 7_000]);
    const direction = this.#pick(["requests", "replies", "both", "both"] as const);
    const downMs = this.#pick([1, 100]);
    const slow: Fault = {
      kind: "slowLink",
      who,
      call: "renew",
      delayMs: 900,
      forMs: 3_000,
      atMs: Math.max(0, atMs - 3_000),
    };
    const master: Mishap[] = [
      { kind: "crash", who: "master", downMs, machine: this.#random.chance(0.5) },
      { kind: "stop", who: "master", downMs },
      { kind: "pause", who: "master", forMs: this.#pick([500, 3_500]) },
    ];
    const laterMs = this.#pick([5, 200, 2_000]) * this.#random.fraction();
    return [
      { kind: "cutLink", who, direction, forMs, atMs },
      { kind: "cutBus", who, direction: this.#pick(["in", "out", "both", "both"] as const), forMs, atMs },
      ...(this.#random.chance(0.3) ? [slow] : []),
      ...(this.#random.chance(0.6) ? [{ ...this.#pick(master), atMs: atMs + laterMs }] : []),
    ];
  }

  #mishap(hosts: readonly string[]): Mishap {
    const who = this.#pick(hosts);
    const proxy = this.#pick(hosts.slice(1));
    const forMs = this.#pick([50, 500, 1_500, 2_900, 3_100, 4_500, 8_000]) * (0.8 + 0.4 * this.#random.fraction());
    const downMs = this.#pick([1, 100, 1_000, 3_500]);
    switch (this.#random.int(13)) {
      case 0:
      case 1:
        return { kind: "pause", who, forMs };
      case 2:
      case 3:
        return { kind: "crash", who, downMs, machine: this.#random.chance(0.3) };
      case 4:
        return { kind: "stop", who, downMs };
      case 5:
        return { kind: "cutBus", who, direction: this.#pick(["in", "out", "both"] as const), forMs };
      case 6:
        return { kind: "busDown", forMs };
      case 7:
        return {
          kind: "noisyBus",
          lossRatio: this.#pick([0, 0.3]),
          duplicateRatio: 0.3,
          delayMs: this.#pick([50, 500, 3_000]),
          forMs,
        };
      case 8:
        return { kind: "cutLink", who: proxy, direction: this.#pick(["requests", "replies", "both"] as const), forMs };
      case 9:
      case 10:
        return { kind: "slowLink", who: proxy, call: this.#pick(CALLS), delayMs: this.#pick([20, 200, 1_000]), forMs };
      case 11: {
        const where = this.#pick(["before", "after"] as const);
        return { kind: "lossyLink", who: proxy, call: this.#pick(CALLS), where, ratio: this.#pick([0.5, 1]), forMs };
      }
      default:
        if (this.#random.chance(0.3)) return { kind: "diskFull", forMs: this.#pick([5, 500]) };
        return { kind: "stepWall", who, byMs: this.#pick([-60_000, -2_000, 2_000, 60_000]) };
    }
  }

  #steps(
    client: ClientPlan,
    among: { hosts: readonly string[]; locks: readonly string[]; bursts: readonly number[] },
  ): Step[] {
    const writes = client.name === client.user;
    const count = (writes ? 25 : 60) + this.#random.int(writes ? 40 : 60);
    // Somebody who always goes to one proxy finds it warm.
    const favourite = this.#pick(among.hosts);
    return this.#times(count, () => ({
      ...(writes ? this.#write(among.locks) : this.#read(among.locks)),
      atMs: this.#time(among.bursts),
      by: client.name,
      door: this.#random.chance(0.5) ? favourite : this.#pick(among.hosts),
    }));
  }

  #read(locks: readonly string[]): Action {
    const lock = this.#pick(locks);
    switch (this.#random.int(10)) {
      case 0:
        return { kind: "read", lock, bypass: true };
      case 1:
        return { kind: "read", lock, maxStaleMs: this.#pick([0, 1_000, 10_000]) };
      default:
        return { kind: "read", lock };
    }
  }

  #write(locks: readonly string[]): Action & { abandon?: boolean } {
    const lock = this.#pick(locks);
    const abandon = this.#random.chance(0.05);
    switch (this.#random.int(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return {
          kind: "acquire",
          lock,
          ttlMs: this.#ttlMs(),
          lockDelayMs: this.#pick([0, 0, 0, 300, 3_000]),
          metadata: this.#word(),
          abandon,
        };
      case 4:
      case 5:
        return { kind: "renew", lock, ttlMs: this.#ttlMs(), abandon };
      case 6:
      case 7:
        return { kind: "release", lock, abandon };
      case 8:
      case 9:
      case 10:
        return { kind: "setMetadata", lock, metadata: this.#word(), abandon };
      default:
        return { kind: "repeat" };
    }
  }

  #operatorSteps(clients: readonly ClientPlan[], bursts: readonly number[]): Step[] {
    const users = [...new Set(clients.map(({ user }) => user))];
    const changes = this.#times(this.#random.int(4), () => {
      const user = this.#pick(users);
      const atMs = this.#time(bursts);
      const backMs = atMs + this.#pick([1, 200, 3_000]);
      return [
        { kind: "revoke", user, atMs, by: OPERATOR, door: "master" },
        { kind: "grant", user, atMs: backMs, by: OPERATOR, door: "master" },
      ] as const;
    });
    return changes.flat();
  }

  #ttlMs(): number {
    return this.#pick([1_000, 2_000, 5_000, 30_000]);
  }

  #word(): string {
    return this.#random.hex(2);
  }

  #time(bursts: readonly number[]): number {
    if (!this.#random.chance(IN_A_BURST)) return this.#random.fraction() * FAULTS_FOR_MS;
    return Math.min(FAULTS_FOR_MS, this.#pick(bursts) + this.#random.fraction() * this.#pick(BURST_SPREADS_MS));
  }

  #pick<T>(among: readonly T[]): T {
    return among[this.#random.int(among.length)] as T;
  }

  #times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }
}

import { Dice } from "../clients/dice.js";
import { BYTE_WEIGHT, type ClientPlan, type Plan } from "./plan.js";
import { echo, randomFaults, randomNoise } from "./random-faults.js";
import { HOT_LOCK, listSteps, operatorSteps, randomSteps, rush } from "./random-steps.js";
import { randomSessions } from "./sessions/random-sessions.js";

const FAULTS_FOR_MS = 40_000;
const PROXIES_MAX = 3;
const WRITERS_MAX = 3;
const READERS_MAX = 4;
const LOCKS_MAX = 3;
/** Any two of them differ by the 2 % that the cell is made for, and no more. */
const RATES = [0.99, 0.995, 1, 1.005, 1.01];

/** A world as the seed has it: small, crowded and unlucky. */
export function randomPlan(seed: number): Plan {
  const dice = new Dice(`plan ${seed}`);
  const proxies = dice.times(1 + dice.int(PROXIES_MAX), (i) => ({
    name: `p${i + 1}`,
    rate: dice.pick(RATES),
    fillKeysPerS: dice.pick([50, 2_000, 2_000, 2_000]),
  }));
  const clients = randomClients(dice);
  const locks = dice.times(1 + dice.int(LOCKS_MAX), (i) => `lock-${i + 1}`);
  const hosts = ["master", ...proxies.map(({ name }) => name)];
  dice.layBursts(FAULTS_FOR_MS);
  const troubles = randomFaults(dice, hosts);
  const echoes = dice.chance(0.15) ? echo(dice, proxies) : [];
  const isBusy = dice.chance(troubles.length > 0 ? 0.3 : 0);
  const inRush = echoes[0] ?? (isBusy ? dice.pick(troubles) : undefined);
  const work = [
    ...(inRush === undefined ? [] : rush(dice, clients, hosts, inRush)),
    ...clients.flatMap((client) => randomSteps(dice, client, { hosts, locks })),
    ...operatorSteps(dice, clients),
  ];
  const { socketFaults, socketDelayMs, ...sessions } = randomSessions(seed, hosts, locks);
  const masterRate = dice.pick(RATES);
  const noise = { ...randomNoise(dice), socket: { delayMs: socketDelayMs } };
  const steps = [...work, ...listSteps(dice, clients, hosts)];
  const byTime = (a: { atMs: number }, b: { atMs: number }): number => a.atMs - b.atMs;
  return {
    seed,
    ...{ proxies, clients, locks: [...locks, HOT_LOCK] },
    masterRate,
    byteWeight: BYTE_WEIGHT,
    faults: [...echoes, ...troubles, ...socketFaults].sort(byTime),
    steps: steps.sort(byTime),
    ...sessions,
    noise,
    faultsForMs: FAULTS_FOR_MS,
  };
}

function randomClients(dice: Dice): ClientPlan[] {
  const writers = dice.times(1 + dice.int(WRITERS_MAX), (i) => `w${i + 1}`);
  const readers = dice.times(1 + dice.int(READERS_MAX), (i) => `r${i + 1}`);
  return [
    ...writers.map((name) => ({ name, user: name, rate: dice.pick(RATES) })),
    ...readers.map((name) => ({ name, user: dice.pick(writers), rate: dice.pick(RATES) })),
  ];
}

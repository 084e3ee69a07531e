import { Dice } from "../clients/dice.js";
import type { Way } from "../cluster/namespace.js";
import type { Process, ProxyName } from "./plan.js";
import {
  type Fault,
  ISOLATED,
  LINKS,
  type LinkMishap,
  type LinkName,
  type Mishap,
  type Plan,
  PROXIES,
} from "./plan.js";

const FIRST_MS = 1_500;
/** Of the run, that faults may happen; the rest is for the healing. */
const FAULTS_SHARE = 0.85;
/** Between one and the next. Some time must be left in which the cell works. */
const APART_MS = { min: 300, max: 2_500 };
const LINK_CLASSES = [/^clients/, /→master$/, /→nats-server$/] as const;
const LINK_KINDS = ["delay", "drop", "half-open", "slow", "refuse", "reset"] as const;
/** How long until a process serves again, about. */
const START_MS = 2_000;
const STOP_MS = 4_000;

/** Some faults that belong together. What they hit is left alone by others until it is over. */
interface Trouble {
  readonly faults: readonly (Mishap & { readonly afterMs?: number })[];
}

/** What can go wrong. One of each kind comes before any comes again: a kind that never struck tested nothing. */
function deckOf(dice: Dice): (() => Trouble)[] {
  const one = (mishap: () => Mishap) => (): Trouble => ({ faults: [mishap()] });
  const proxy = (): ProxyName => dice.pick(PROXIES);
  const processes = (["kill", "pause", "restart"] as const).flatMap((kind) =>
    [(): Process => "master", proxy, proxy, (): Process => "nats-server"].map((who) =>
      one(() => harm(dice, kind, who())),
    ),
  );
  const links = LINK_KINDS.flatMap((kind) =>
    LINK_CLASSES.map((those) => one(() => spoil(dice, kind, dice.pick(LINKS.filter((link) => those.test(link)))))),
  );
  const ways: readonly Way[] = ["in", "out", "both", "both"];
  const partition = one(() => ({ kind: "partition", way: dice.pick(ways), forMs: longMs(dice) }));
  return [...processes, ...links, partition, partition, () => isolation(dice), () => isolation(dice)];
}

/** What a seed has in store for a cell. */
export function randomPlan(seed: number, seconds: number): Plan {
  const dice = new Dice(`chaos ${seed}`);
  const healAtMs = seconds * 1_000 * FAULTS_SHARE;
  const faults: Fault[] = [];
  const busyUntilMs = new Map<string, number>();
  let deck: (() => Trouble)[] = [];
  for (let atMs = FIRST_MS; atMs < healAtMs - FIRST_MS; ) {
    if (deck.length === 0) deck = shuffled(dice, deckOf(dice));
    const trouble = (deck.pop() as () => Trouble)();
    const struck = trouble.faults.map(({ afterMs = 0, ...mishap }) => ({
      ...mishap,
      atMs: Math.round(atMs + afterMs),
    }));
    if (struck.some((fault) => (busyUntilMs.get(targetOf(fault)) ?? 0) > fault.atMs)) continue;
    for (const fault of struck) busyUntilMs.set(targetOf(fault), fault.atMs + lengthMs(fault));
    faults.push(...struck);
    atMs += APART_MS.min + dice.fraction() * (APART_MS.max - APART_MS.min);
  }
  return { seed, healAtMs, faults: faults.sort((a, b) => a.atMs - b.atMs) };
}

/** Longer than a lease. */
const longMs = (dice: Dice): number => 3_500 + dice.int(2_500);
const anyMs = (dice: Dice): number => dice.pick([300, 1_500, longMs(dice)]);

function harm(dice: Dice, kind: "kill" | "pause" | "restart", who: Process): Mishap {
  if (kind === "pause") return { kind, who, forMs: longMs(dice) };
  return { kind, who, downMs: dice.pick([0, 0, 500, 3_500]) };
}

function spoil(dice: Dice, kind: LinkMishap["kind"], link: LinkName): Mishap {
  const forMs = anyMs(dice);
  const direction = dice.pick(["up", "down", "both"] as const);
  switch (kind) {
    case "delay":
      return { kind, link, forMs, delayMs: dice.pick([20, 200, 1_200]) };
    case "drop":
    case "half-open":
      return { kind, link, forMs, direction };
    case "slow":
      return { kind, link, forMs, bytesPerS: dice.pick([500, 5_000]) };
    case "refuse":
      return { kind, link, forMs };
    case "reset":
      return { kind, link, forMs: 0 };
  }
}

/** A proxy that nobody reaches but its readers, and that may not know it, while something happens to the master. */
function isolation(dice: Dice): Trouble {
  const who = dice.pick(PROXIES);
  const forMs = longMs(dice);
  const kind = dice.pick(["drop", "half-open"] as const);
  const cuts: Mishap[] =
    who === ISOLATED && dice.chance(0.5)
      ? [{ kind: "partition", way: "both", forMs }]
      : [
          { kind, link: `${who}→master`, direction: dice.pick(["up", "down", "both"] as const), forMs },
          { kind, link: `${who}→nats-server`, direction: "both", forMs },
        ];
  if (dice.chance(0.4)) return { faults: cuts };
  const master = dice.pick([{ kind: "kill", downMs: 0 } as const, { kind: "restart", downMs: 0 } as const]);
  return { faults: [...cuts, { ...master, who: "master", afterMs: 20 + dice.int(500) }] };
}

function targetOf(fault: Fault): string {
  if ("who" in fault) return fault.who;
  return "link" in fault ? fault.link : "network";
}

function lengthMs(fault: Fault): number {
  switch (fault.kind) {
    case "kill":
      return fault.downMs + START_MS;
    case "restart":
      return fault.downMs + START_MS + STOP_MS;
    default:
      return fault.forMs + 100;
  }
}

function shuffled<T>(dice: Dice, items: T[]): T[] {
  return items
    .map((item) => ({ item, at: dice.fraction() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

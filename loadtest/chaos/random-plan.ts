import { Dice } from "../clients/dice.js";
import type { Way } from "../cluster/namespace.js";
import type { Process, ProxyName } from "./plan.js";
import {
  type Fault,
  ISOLATED,
  LIBRARY_PROCESSES,
  LINKS,
  type LinkMishap,
  type LinkName,
  type Mishap,
  type Plan,
  PROXIES,
  SESSION_LINKS,
} from "./plan.js";

const FIRST_MS = 1_500;
/** Of the run, that faults may happen; the rest is for the healing. */
const FAULTS_SHARE = 0.85;
/** Between one and the next. Some time must be left in which the cell works. */
const APART_MS = { min: 300, max: 2_500 };
const SESSIONS_APART_MS = { min: 800, max: 3_500 };
/** As often something that is under a fault already is drawn before it is tried a little later. */
const PUT_OFFS_TILL_LATER = 50;
/** Until a dead session is found dead, with a master that comes and goes. */
const DEATH_MS = 10_000;
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

/** What can go wrong with users of the client library, and with what they need. */
function sessionDeckOf(dice: Dice): (() => Trouble)[] {
  const one = (mishap: () => Mishap) => (): Trouble => ({ faults: [mishap()] });
  const proxy = (): ProxyName => dice.pick(PROXIES);
  const deaths = [0, 0, 9_000, 9_000].map((silentMs) => one(() => death(dice, silentMs)));
  const pauses = [1_500, 6_500, 9_000].map((forMs) =>
    one(() => ({ kind: "pause", who: dice.pick(LIBRARY_PROCESSES), forMs: forMs + dice.int(1_500) })),
  );
  const links = LINK_KINDS.map((kind) => one(() => spoil(dice, kind, dice.pick(SESSION_LINKS))));
  const restarts = [0, 500].map((downMs) => one(() => ({ kind: "restart", who: proxy(), downMs })));
  const together = (silentMs: number) => (): Trouble => ({
    faults: [death(dice, silentMs), { kind: "kill", who: proxy(), downMs: dice.pick([0, 3_500]), afterMs: 50 }],
  });
  return [...deaths, ...pauses, ...links, ...restarts, together(0), together(9_000)];
}

function death(dice: Dice, silentMs: number): Mishap {
  return { kind: "die", who: dice.pick(LIBRARY_PROCESSES), silentMs, downMs: dice.pick([0, 500, 4_000]) };
}

/** What a seed has in store for a cell, and for its clients. What happens to these changes nothing of the former. */
export function randomPlan(seed: number, seconds: number): Plan {
  const healAtMs = seconds * 1_000 * FAULTS_SHARE;
  const busy = new Busy();
  const untilMs = healAtMs - FIRST_MS;
  const ofCell = draw(new Dice(`chaos ${seed}`), deckOf, { busy, untilMs, apartMs: APART_MS });
  // Whoever dies shall be found dead before the end.
  const untilDeathsMs = Math.max(untilMs - DEATH_MS, untilMs / 2);
  const options = { busy, untilMs: untilDeathsMs, apartMs: SESSIONS_APART_MS };
  const ofSessions = draw(new Dice(`chaos sessions ${seed}`), sessionDeckOf, options);
  return { seed, healAtMs, faults: [...ofCell, ...ofSessions].sort((a, b) => a.atMs - b.atMs) };
}

interface Drawing {
  readonly busy: Busy;
  readonly untilMs: number;
  readonly apartMs: { readonly min: number; readonly max: number };
}

function draw(dice: Dice, deckFor: typeof deckOf, { busy, untilMs, apartMs }: Drawing): Fault[] {
  const faults: Fault[] = [];
  let deck: (() => Trouble)[] = [];
  let putOff = 0;
  for (let atMs = FIRST_MS; atMs < untilMs; ) {
    if (deck.length === 0) deck = shuffled(dice, deckFor(dice));
    const trouble = (deck.pop() as () => Trouble)();
    const struck = trouble.faults.map(({ afterMs = 0, ...mishap }) => ({
      ...mishap,
      atMs: Math.round(atMs + afterMs),
    }));
    if (struck.some((fault) => busy.meets(fault))) {
      putOff += 1;
      if (putOff % PUT_OFFS_TILL_LATER === 0) atMs += apartMs.min;
      continue;
    }
    for (const fault of struck) busy.add(fault);
    faults.push(...struck);
    atMs += apartMs.min + dice.fraction() * (apartMs.max - apartMs.min);
  }
  return faults;
}

/** When what is under a fault. */
class Busy {
  readonly #times = new Map<string, { readonly fromMs: number; readonly untilMs: number }[]>();

  meets(fault: Fault): boolean {
    const endMs = fault.atMs + lengthMs(fault);
    const times = this.#times.get(targetOf(fault)) ?? [];
    return times.some(({ fromMs, untilMs }) => untilMs > fault.atMs && fromMs < endMs);
  }

  add(fault: Fault): void {
    const times = this.#times.get(targetOf(fault)) ?? [];
    this.#times.set(targetOf(fault), [...times, { fromMs: fault.atMs, untilMs: fault.atMs + lengthMs(fault) }]);
  }
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
    case "die":
      return fault.silentMs + fault.downMs + START_MS;
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

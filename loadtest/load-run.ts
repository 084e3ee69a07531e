import { holderIdOf } from "../shared/protocol/tokens.js";
import { machineNs } from "./chaos/run-clock.js";
import { principalOf } from "./clients/users.js";
import { type Cell, startCell } from "./cluster/cell.js";
import { type Cleanup, withCleanup } from "./cluster/cleanup.js";
import type { Member } from "./cluster/member.js";
import type { Drivers } from "./driver/drivers.js";
import type { Lag } from "./driver/pacer.js";
import type { Outcome } from "./driver/tally.js";
import type { LiveView } from "./live-view.js";
import { Names } from "./mixes/names.js";
import type { Moment, Phase, Run } from "./report/phase.js";
import { judgePromises } from "./report/promises.js";
import { addReadings, between, NOTHING, type Reading, readingOf } from "./report/reading.js";
import { looksUntil, perSecond, sampleMs, sampleOf } from "./report/sampler.js";
import { type LoadSettings, type SideName, startSide } from "./sides.js";

const USERS = 4;
/** Beside the files: locks that are taken and given back. */
const SPARE_LOCKS = 100;
const PREFIX = "load";

/** All counters at one instant. */
interface Look {
  readonly atMs: number;
  readonly direct: Reading;
  readonly proxied: Reading;
  readonly idle: Reading;
  readonly proxies: Reading;
}

/**
 * Does the same client work twice: directly at the master of one cell, and through the proxies of another. Same seed,
 * same operations at the same times; so what differs at the masters is what the proxies did.
 *
 * Both run at once, since a machine is never quiet for long: whatever else it does disturbs both alike. Beside them
 * runs a third cell with nothing to do, so that what a master's CPU does anyway can be told from what it does for others.
 */
export function runLoad(settings: LoadSettings, view: LiveView): Promise<Run> {
  return withCleanup(async (cleanup) => {
    try {
      return await measured(settings, cleanup, view);
    } finally {
      view.end();
    }
  });
}

async function measured(settings: LoadSettings, cleanup: Cleanup, view: LiveView): Promise<Run> {
  const { mix, clients, seconds, warmUp } = settings;
  view.stage("starting three cells");
  const locksPerUser = Math.ceil(new Names(mix.files, clients).files / USERS) + SPARE_LOCKS;
  // One after another: each looks for ports that nobody uses at that instant.
  const direct = await startCell(cleanup, USERS, { master: ["--locks-per-principal", `${locksPerUser}`] });
  const proxied = await startCell(cleanup, USERS, { master: ["--locks-per-principal", `${locksPerUser}`] });
  const idle = await startCell(cleanup, USERS);
  const proxies = await Promise.all(Array.from({ length: settings.proxies }, () => proxied.startProxy()));
  const whileUp = <T>(work: Promise<T>): Promise<T> => direct.whileUp(proxied.whileUp(idle.whileUp(work)));
  const begunNs = `${machineNs()}`;
  const side = async (name: SideName, cell: Cell, doors: readonly Member[]): Promise<Drivers> => {
    const whom = { urls: doors.map(({ url }) => url), users: usersOf(cell), prefix: PREFIX, isGuest: false, begunNs };
    const drivers = await startSide(name, cleanup, settings, whom);
    await drivers.open();
    return drivers;
  };
  view.stage(`opening 2 × ${clients} sessions, warming the caches`);
  const sides = await whileUp(
    Promise.all([side("direct", direct, [direct.master]), side("proxied", proxied, proxies)]),
  );
  view.stage("warming up", warmUp);
  await whileUp(bothRun(sides, warmUp * 1_000, view));
  await outcomesOf(sides);
  const look = () => lookAt(direct.master, proxied.master, idle.master, proxies);
  view.stage("measuring", seconds);
  const before = await look();
  const running = whileUp(bothRun(sides, seconds * 1_000, view));
  const moments: Moment[] = [];
  const looks = looksUntil(running, before, sampleMs(seconds), look, (last, now) => {
    const moment = momentOf(before.atMs, last, now);
    moments.push(moment);
    view.sample("direct", moment.direct);
    view.sample("proxied", moment.proxied);
  });
  const lags = await running;
  const after = await look();
  await looks;
  const outcomes = await whileUp(outcomesOf(sides));
  view.stage("judging what the clients were told");
  const [one, other] = await Promise.all(
    sides.map(async (each, at) => {
      const promises = judgePromises(await each.history());
      const told = { outcome: outcomes[at] as Outcome, lags: lags[at] as Lag[], promises };
      return { ...told, ...costs(before, after, at === 0 ? "direct" : "proxied") };
    }),
  );
  await Promise.all(sides.map((each) => each.stop()));
  return {
    direct: { ...(one as Phase), proxies: NOTHING },
    proxied: other as Phase,
    idleCores: perSecond(between(before.idle, after.idle).cpuSeconds, (after.atMs - before.atMs) / 1_000),
    moments,
    strangers: 0,
  };
}

const usersOf = ({ tokens }: Cell) =>
  tokens.map((token, user) => ({ holderId: holderIdOf(principalOf(`user${user}`)), token }));

async function lookAt(direct: Member, proxied: Member, idle: Member, proxies: readonly Member[]): Promise<Look> {
  const atMs = performance.now();
  const [one, other, third, ...rest] = await Promise.all([direct, proxied, idle, ...proxies].map(readingOf));
  const [a, b, c] = [one, other, third] as [Reading, Reading, Reading];
  return { atMs, direct: a, proxied: b, idle: c, proxies: addReadings(rest) };
}

function momentOf(beginMs: number, before: Look, after: Look): Moment {
  const seconds = (after.atMs - before.atMs) / 1_000;
  const direct = between(before.direct, after.direct);
  const proxied = between(before.proxied, after.proxied);
  return {
    atS: (after.atMs - beginMs) / 1_000,
    direct: sampleOf(direct, direct.answers, seconds),
    proxied: sampleOf(proxied, between(before.proxies, after.proxies).answers, seconds),
    idleCores: perSecond(between(before.idle, after.idle).cpuSeconds, seconds),
  };
}

function costs(before: Look, after: Look, side: SideName) {
  return {
    elapsedSeconds: (after.atMs - before.atMs) / 1_000,
    master: between(before[side], after[side]),
    proxies: between(before.proxies, after.proxies),
  };
}

function bothRun(sides: readonly Drivers[], forMs: number, view: LiveView): Promise<Lag[][]> {
  const names = ["direct", "proxied"] as const;
  return Promise.all(
    sides.map((side, at) => side.run(forMs, (progress) => view.progress(names[at] as SideName, progress))),
  );
}

const outcomesOf = (sides: readonly Drivers[]): Promise<Outcome[]> => Promise.all(sides.map((side) => side.outcome()));

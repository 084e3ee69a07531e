import { randomBytes } from "node:crypto";
import { machineNs } from "../chaos/run-clock.js";
import { type Cleanup, withCleanup } from "../cluster/cleanup.js";
import type { Drivers } from "../driver/drivers.js";
import type { LiveView } from "../live-view.js";
import { Names } from "../mixes/names.js";
import type { Moment, Run } from "../report/phase.js";
import { between, NOTHING } from "../report/reading.js";
import { perSecond } from "../report/sampler.js";
import { type LoadSettings, type SideName, startSide } from "../sides.js";
import { asked, lookAt, type RunningCell, refuseOthers, startedTogether, usersOf } from "./running-cell.js";
import { isSharedCpu, phaseOf, type Turn, takeTurn, withoutCpu } from "./turn.js";

/** Each side comes early once and late once, so that a machine which grows busier disturbs both alike. */
const TURNS: readonly SideName[] = ["direct", "proxied", "proxied", "direct"];
/** Before and after the turns the master is watched with nobody to ask it, for this share of what is measured. */
const IDLE_SHARE = 1 / 8;
const IDLE_SECONDS_MIN = 2;

/** What a master does while no client is played. */
interface Idle {
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
  readonly asked: number;
}

/**
 * Does the same client work directly at the master of a running cell and through its proxies. There is but one master,
 * and its CPU time cannot be told apart by who caused it; so the sides take turns, each in two halves. Before and after
 * them nobody asks for anything: what the master does then, for its living proxies too, is its idle CPU, and what it is
 * asked is asked by others.
 *
 * The cell is left as it was found: sessions are closed and locks released, at Ctrl-C too.
 */
export function runAtTarget(settings: LoadSettings, cell: RunningCell, view: LiveView): Promise<Run> {
  return withCleanup(async (cleanup) => {
    try {
      return await measured(settings, cell, cleanup, view);
    } finally {
      view.end();
    }
  });
}

async function measured(settings: LoadSettings, cell: RunningCell, cleanup: Cleanup, view: LiveView): Promise<Run> {
  view.stage("looking at the cell");
  await refuseOthers(cell);
  const sides = await startSides(settings, cell, cleanup, view);
  const idleSeconds = Math.max(IDLE_SECONDS_MIN, settings.seconds * IDLE_SHARE);
  const idle = [await watchIdle(cell, idleSeconds, view)];
  const turns: Record<SideName, Turn[]> = { direct: [], proxied: [] };
  for (const name of TURNS) {
    turns[name].push(await takeTurn(name, sides[name], cell, settings, settings.seconds / 2, view));
  }
  idle.push(await watchIdle(cell, idleSeconds, view));
  const isOneProcess =
    (await startedTogether(cell)) && turns.direct.every((turn) => isSharedCpu(turn, cell.gateways.length));
  if (isOneProcess) for (const name of ["direct", "proxied"] as const) turns[name] = turns[name].map(withoutCpu);
  view.stage("giving the locks back, judging what the clients were told");
  const direct = await phaseOf(sides.direct, turns.direct);
  const proxied = await phaseOf(sides.proxied, turns.proxied);
  for (const side of Object.values(sides)) await side.leave();
  return {
    direct: { ...direct, proxies: NOTHING },
    proxied,
    idleCores: isOneProcess ? undefined : idleCoresOf(idle),
    moments: momentsOf(turns),
    strangers: idle.reduce((sum, each) => sum + each.asked, 0),
  };
}

async function startSides(
  settings: LoadSettings,
  cell: RunningCell,
  cleanup: Cleanup,
  view: LiveView,
): Promise<Record<SideName, Drivers>> {
  // Two runs at once, and what one that was killed left behind, are not in each other's way.
  const prefix = `load-${randomBytes(4).toString("hex")}`;
  const users = await usersOf(cell, prefix);
  view.stage("taking locks, warming the caches");
  const begunNs = `${machineNs()}`;
  const start = (name: SideName, urls: readonly string[]): Promise<Drivers> =>
    startSide(name, cleanup, settings, { urls, users, begunNs, prefix: `${prefix}/${name}`, isGuest: true });
  try {
    const direct = await start("direct", [cell.master]);
    return { direct, proxied: await start("proxied", cell.gateways) };
  } catch (error) {
    throw String(error).includes("lock_limit_exceeded") ? tooFewLocks(settings, users.length) : error;
  }
}

/** Beside the files: locks that are taken and given back. */
const SPARE_LOCKS = 100;

function tooFewLocks({ mix, clients }: LoadSettings, users: number): Error {
  const files = 2 * new Names(mix.files, clients).files;
  const each = Math.ceil(files / users) + SPARE_LOCKS;
  return new Error(
    `the cell lets a user hold fewer locks than this load takes, ${files} by ${users} ${users === 1 ? "user" : "users"}. ` +
      `Start its master with --locks-per-principal ${each}, give tokens of more users, or play fewer clients.`,
  );
}

async function watchIdle(cell: RunningCell, seconds: number, view: LiveView): Promise<Idle> {
  view.stage("watching the master with nothing to do", seconds);
  const before = await lookAt(cell);
  await new Promise((resolve) => {
    setTimeout(resolve, seconds * 1_000);
  });
  const after = await lookAt(cell);
  const master = between(before.master, after.master);
  return {
    seconds: (after.atMs - before.atMs) / 1_000,
    cpuSeconds: master.cpuSeconds,
    asked: asked(master) + asked(between(before.proxies, after.proxies)),
  };
}

function idleCoresOf(idle: readonly Idle[]): number | undefined {
  const seconds = idle.reduce((sum, each) => sum + each.seconds, 0);
  const used = idle.map(({ cpuSeconds }) => cpuSeconds);
  return used.includes(undefined)
    ? undefined
    : perSecond(
        used.reduce<number>((sum, each) => sum + (each ?? 0), 0),
        seconds,
      );
}

/** The sides' times laid one over the other, turn by turn: as if they had been at once. */
function momentsOf({ direct, proxied }: Readonly<Record<SideName, readonly Turn[]>>): Moment[] {
  let offsetS = 0;
  return direct.flatMap((turn, at) => {
    const other = proxied[at] as Turn;
    const moments = turn.samples.flatMap(({ atS, sample }, i) => {
      const counterpart = other.samples[i];
      return counterpart === undefined
        ? []
        : [{ atS: offsetS + atS, direct: sample, proxied: counterpart.sample, idleCores: undefined }];
    });
    offsetS += turn.seconds;
    return moments;
  });
}

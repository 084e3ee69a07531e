import { machineNs } from "./chaos/run-clock.js";
import { principalOf } from "./clients/users.js";
import { type Cell, startCell } from "./cluster/cell.js";
import { type Cleanup, withCleanup } from "./cluster/cleanup.js";
import type { Member } from "./cluster/member.js";
import { type Drivers, type Load, startDrivers } from "./driver/drivers.js";
import type { Progress, Stretch } from "./driver/messages.js";
import type { LiveView } from "./live-view.js";
import { type Mix, ratePerClient } from "./mixes/mix.js";
import { Names } from "./mixes/names.js";
import type { Phase, Run } from "./report/phase.js";
import { judgePromises } from "./report/promises.js";
import { between, NOTHING, total } from "./report/reading.js";
import { type Look, lookAt, sampled } from "./report/sampler.js";

const USERS = 4;
/** Beside the files: locks that are taken and given back. */
const SPARE_LOCKS = 100;
/** What one process of clients plays with ease. */
const CLIENTS_PER_DRIVER = 5_000;
const SAMPLES = 60;
const SAMPLE_MS_MIN = 1_000;

export interface LoadSettings {
  readonly mix: Mix;
  readonly clients: number;
  readonly proxies: number;
  /** How long is measured. */
  readonly seconds: number;
  /** How long everything runs before: in no figure. */
  readonly warmUp: number;
  /** Client operations a second, all clients together; else what so many real clients do. */
  readonly openLoop?: number | undefined;
  readonly seed: number;
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
  view.stage(`opening 2 × ${clients} sessions, warming the caches`);
  const begunNs = machineNs();
  const sides = await whileUp(
    Promise.all([
      startSide("direct", cleanup, settings, direct, [direct.master], begunNs),
      startSide("proxied", cleanup, settings, proxied, proxies, begunNs),
    ]),
  );
  view.stage(`warming up for ${warmUp} s`);
  await whileUp(bothRun(sides, warmUp * 1_000, view));
  const watched = { direct: direct.master, proxied: proxied.master, idle: idle.master, proxies };
  view.stage(`measuring for ${seconds} s`);
  const before = await lookAt(watched);
  const running = whileUp(bothRun(sides, seconds * 1_000, view));
  const moments = sampled(watched, sampleMs(seconds), before, running, (moment) => view.moment(moment));
  const stretches = await running;
  const after = await lookAt(watched);
  view.stage("judging what the clients were told");
  const [one, other] = await Promise.all(
    sides.map(async (side, at) => {
      const promises = judgePromises(await side.history());
      return { ...(stretches[at] as Stretch), promises, ...costs(before, after, at === 0 ? "direct" : "proxied") };
    }),
  );
  const run = {
    direct: { ...(one as Phase), proxies: NOTHING },
    proxied: other as Phase,
    idleCpuSeconds: between(before.idle, after.idle).cpuSeconds,
    moments: await moments,
  };
  await Promise.all(sides.map((side) => side.stop()));
  return run;
}

const sampleMs = (seconds: number): number => Math.max(SAMPLE_MS_MIN, (seconds * 1_000) / SAMPLES);

function costs(before: Look, after: Look, side: "direct" | "proxied") {
  return {
    elapsedSeconds: (after.atMs - before.atMs) / 1_000,
    setUpCalls: total(before[side].link),
    master: between(before[side], after[side]),
    proxies: between(before.proxies, after.proxies),
  };
}

function bothRun(sides: readonly Drivers[], forMs: number, view: LiveView): Promise<Stretch[]> {
  const names = ["direct", "proxied"] as const;
  return Promise.all(
    sides.map((side, at) => side.run(forMs, (progress: Progress) => view.progress(names[at] as "direct", progress))),
  );
}

function startSide(
  name: string,
  cleanup: Cleanup,
  settings: LoadSettings,
  cell: Cell,
  doors: readonly Member[],
  begunNs: bigint,
): Promise<Drivers> {
  const { mix, clients, seed, openLoop } = settings;
  const load: Load = {
    mix,
    clients,
    seed,
    urls: doors.map(({ url }) => url),
    users: cell.tokens.map((token, user) => ({ principal: principalOf(`user${user}`), token })),
    speed: openLoop === undefined ? 1 : openLoop / (ratePerClient(mix) * clients),
    fromIntended: openLoop !== undefined,
    begunNs: `${begunNs}`,
  };
  return startDrivers(cleanup, name, Math.ceil(clients / CLIENTS_PER_DRIVER), load);
}

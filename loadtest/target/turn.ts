import type { Drivers } from "../driver/drivers.js";
import type { Lag } from "../driver/pacer.js";
import { joinOutcomes, type Outcome } from "../driver/tally.js";
import type { LiveView } from "../live-view.js";
import type { Phase, Sample } from "../report/phase.js";
import { judgePromises } from "../report/promises.js";
import { addReadings, between, type Reading } from "../report/reading.js";
import { looksUntil, sampleMs, sampleOf } from "../report/sampler.js";
import type { LoadSettings, SideName } from "../sides.js";
import { causedByClients, type Look, lookAt, type RunningCell } from "./running-cell.js";

/** What one side did in one of its turns, and what it cost. */
export interface Turn {
  readonly outcome: Outcome;
  readonly lags: readonly Lag[];
  readonly seconds: number;
  readonly master: Reading;
  readonly proxies: Reading;
  /** From look to look; `atS` counts from the turn's start. */
  readonly samples: readonly { readonly atS: number; readonly sample: Sample }[];
}

/** Opens a side's sessions, warms up, measures for so long, and ends the sessions. */
export async function takeTurn(
  name: SideName,
  side: Drivers,
  cell: RunningCell,
  { warmUp, clients }: LoadSettings,
  seconds: number,
  view: LiveView,
): Promise<Turn> {
  const run = (forS: number): Promise<Lag[]> => side.run(forS * 1_000, (progress) => view.progress(name, progress));
  view.stage(`${name}: opening ${clients} sessions`);
  await side.open();
  view.stage(`${name}: warming up`, warmUp);
  await run(warmUp);
  await side.outcome();
  view.stage(`${name}: measuring`, seconds);
  const before = await lookAt(cell);
  const running = run(seconds);
  const samples: { atS: number; sample: Sample }[] = [];
  const looks = looksUntil(
    running,
    before,
    sampleMs(seconds),
    () => lookAt(cell),
    (last, now) => {
      const sample = sampleBetween(name, last, now);
      samples.push({ atS: secondsBetween(before, now), sample });
      view.sample(name, sample);
    },
  );
  const lags = await running;
  const after = await lookAt(cell);
  await looks;
  const outcome = await side.outcome();
  view.stage(`${name}: ending ${clients} sessions`);
  await side.close();
  return { outcome, lags, samples, seconds: secondsBetween(before, after), ...costsBetween(name, before, after) };
}

/** All turns of a side, as one. */
export async function phaseOf(side: Drivers, turns: readonly Turn[]): Promise<Phase> {
  return {
    outcome: joinOutcomes(turns.map(({ outcome }) => outcome)),
    lags: turns.flatMap(({ lags }) => lags),
    elapsedSeconds: turns.reduce((sum, { seconds }) => sum + seconds, 0),
    master: addReadings(turns.map(({ master }) => master)),
    proxies: addReadings(turns.map(({ proxies }) => proxies)),
    promises: judgePromises(await side.history()),
  };
}

/** Where proxies have a process of their own they do next to nothing while clients ask the master directly. */
const SHARED_CPU_SHARE = 0.8;

/** Whether CPU time of a direct turn was that of master and proxies alike: they are one process. */
export function isSharedCpu({ master, proxies }: Pick<Turn, "master" | "proxies">, proxyCount: number): boolean {
  const [one, each] = [master.cpuSeconds ?? 0, (proxies.cpuSeconds ?? 0) / proxyCount];
  return one > 0 && each > SHARED_CPU_SHARE * one;
}

/** A turn of which nobody can tell whom the CPU time was spent for. */
export const withoutCpu = (turn: Turn): Turn => ({
  ...turn,
  master: { ...turn.master, cpuSeconds: undefined },
  proxies: { ...turn.proxies, cpuSeconds: undefined },
  samples: turn.samples.map(({ atS, sample }) => ({ atS, sample: { ...sample, masterCores: undefined } })),
});

const secondsBetween = (before: Look, after: Look): number => (after.atMs - before.atMs) / 1_000;

/**
 * While clients ask the master directly, its proxies live on: what they ask it for themselves is not those clients'
 * doing, and is left out. Through the proxies, it is part of what they cost.
 */
function costsBetween(name: SideName, before: Look, after: Look): { master: Reading; proxies: Reading } {
  const master = between(before.master, after.master);
  const proxies = between(before.proxies, after.proxies);
  return { master: name === "direct" ? { ...master, link: causedByClients(master.link) } : master, proxies };
}

function sampleBetween(name: SideName, before: Look, after: Look): Sample {
  const { master, proxies } = costsBetween(name, before, after);
  return sampleOf(master, (name === "direct" ? master : proxies).answers, secondsBetween(before, after));
}

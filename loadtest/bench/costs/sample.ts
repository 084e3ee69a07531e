import { Cleanup } from "../../cluster/cleanup.js";
import type { Load, LoadedCell, Run } from "../../loads/load.js";
import { minus, type Usage, usageOf, usedBetween } from "./usage.js";

/** What one operation cost a process. */
export interface Cost {
  readonly cpuMicroseconds: number;
  readonly calls: number | undefined;
  readonly bytes: number | undefined;
}

/** What one run of a load found. */
export interface Sample {
  readonly operationsPerS: number;
  readonly proxy: Cost;
  readonly master: Cost;
}

/** What both processes use in a second in which nobody asks for anything. */
export interface Idle {
  readonly proxy: Usage;
  readonly master: Usage;
}

const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

async function used<T>({ proxy, cell }: LoadedCell, work: () => Promise<T>) {
  const before = [await usageOf(proxy), await usageOf(cell.master)] as const;
  const beganMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - beganMs) / 1_000;
  const after = [await usageOf(proxy), await usageOf(cell.master)] as const;
  return { result, seconds, proxy: usedBetween(before[0], after[0]), master: usedBetween(before[1], after[1]) };
}

export async function idleOf(on: LoadedCell, seconds: number): Promise<Idle> {
  const idle = await used(on, () => pause(seconds));
  const perSecond = (usage: Usage): Usage => ({
    cpuSeconds: usage.cpuSeconds / idle.seconds,
    calls: usage.calls && usage.calls / idle.seconds,
    bytes: usage.bytes && usage.bytes / idle.seconds,
  });
  return { proxy: perSecond(idle.proxy), master: perSecond(idle.master) };
}

/** Runs a load for some seconds. What an idle cell would have used meanwhile is left out. */
export async function sampleOf(on: LoadedCell, idle: Idle, run: Run, seconds: number): Promise<Sample> {
  const taken = await used(on, () => on.cell.whileUp(run(seconds)));
  const cost = (of: "proxy" | "master"): Cost => {
    const { cpuSeconds, calls, bytes } = minus(taken[of], idle[of], taken.seconds);
    const each = (value: number | undefined): number | undefined => value && Math.max(0, value / taken.result);
    return { cpuMicroseconds: Math.max(0, (cpuSeconds * 1e6) / taken.result), calls: each(calls), bytes: each(bytes) };
  };
  return { operationsPerS: taken.result / taken.seconds, proxy: cost("proxy"), master: cost("master") };
}

/** Prepares a load on a cell, does something with it, and takes away what it needed. */
export async function withLoad<T>(on: LoadedCell, load: Load, work: (run: Run) => Promise<T>): Promise<T> {
  const own = new Cleanup();
  on.cleanup.add(() => own.run());
  try {
    return await work(await load.prepare({ ...on, cleanup: own }));
  } finally {
    await own.run();
  }
}

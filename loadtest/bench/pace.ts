import { systemCpuSeconds } from "../cluster/cpu-time.js";
import { median } from "./median.js";

/** Those who do the work, and not those who ask for it. */
export interface Serving {
  /** Of all together, so far. */
  cpuSeconds(): Promise<number>;
}

/** How fast operations were, and what each cost those who served. */
export interface Pace {
  readonly perS: number;
  /** Of CPU time; not a number where the system does not tell it. */
  readonly cpuMicroseconds: number;
}

/** Processes of this machine. */
export const servingOf = (pids: () => readonly number[]): Serving => ({
  async cpuSeconds() {
    const each = await Promise.all(pids().map(systemCpuSeconds));
    return each.reduce<number>((sum, seconds) => sum + (seconds ?? Number.NaN), 0);
  },
});

/** Does operations, and tells their pace beside what came of them; `taken` says how many they were, and how long they took. */
export async function paced<T>(
  serving: Serving,
  work: () => Promise<T>,
  taken: (result: T) => { readonly operations: number; readonly ms: number },
): Promise<{ readonly result: T; readonly pace: Pace }> {
  const before = await serving.cpuSeconds();
  const result = await work();
  const cpuMicroseconds = ((await serving.cpuSeconds()) - before) * 1e6;
  const { operations, ms } = taken(result);
  return { result, pace: { perS: (operations * 1_000) / ms, cpuMicroseconds: cpuMicroseconds / operations } };
}

/** For {@link paced}: of operations that were done one after another, by how long each took. */
export const oneAfterAnother = (ms: readonly number[]) => ({
  operations: ms.length,
  ms: ms.reduce((sum, one) => sum + one, 0),
});

export const medianPace = (paces: readonly Pace[]): Pace => ({
  perS: median(paces.map(({ perS }) => perS)),
  cpuMicroseconds: median(paces.map(({ cpuMicroseconds }) => cpuMicroseconds)),
});

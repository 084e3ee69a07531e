import type { Sample } from "./phase.js";
import { type Reading, total } from "./reading.js";
import { masterRequests } from "./savings.js";

const SAMPLES = 60;
const SAMPLE_MS_MIN = 1_000;

/** So often a stretch of so many seconds is looked at. */
export const sampleMs = (seconds: number): number => Math.max(SAMPLE_MS_MIN, (seconds * 1_000) / SAMPLES);

/** Looks every so often until `done` has settled, from `first` on; gives all looks, that one too. */
export async function looksUntil<L extends { readonly atMs: number }>(
  done: Promise<unknown>,
  first: L,
  everyMs: number,
  look: () => Promise<L>,
  onLook: (before: L, now: L) => void,
): Promise<L[]> {
  const looks = [first];
  let over = false;
  const end = (): void => {
    over = true;
  };
  const ended = done.then(end, end);
  for (let dueMs = first.atMs + everyMs; ; dueMs += everyMs) {
    await Promise.race([ended, pause(dueMs - performance.now())]);
    if (over) return looks;
    const now = await look();
    onLook(looks.at(-1) as L, now);
    looks.push(now);
  }
}

const pause = (forMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, forMs));
  });

/** What a master did for so many seconds, with the reads answered at its own gateway or at its proxies. */
export const sampleOf = (master: Reading, answers: Reading["answers"], seconds: number): Sample => ({
  masterCores: perSecond(master.cpuSeconds, seconds),
  masterRequestsPerS: masterRequests(master) / seconds,
  readsPerS: total(answers) / seconds,
  hitsPerS: (answers.get("hit") ?? 0) / seconds,
});

export const perSecond = (count: number | undefined, seconds: number): number | undefined =>
  count === undefined ? undefined : count / seconds;

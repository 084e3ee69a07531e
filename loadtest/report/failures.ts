import { agrees, type Comparison, comparisonsOf } from "./counts.js";
import { operationsOf, type Phase, type Run } from "./phase.js";

const SECOND_MS = 1_000;
/** Less than this is how a busy machine schedules. */
const LAG_GROWTH_MS = 100;

export const mismatchesOf = (run: Run): string[] =>
  comparisonsOf(run)
    .filter((each) => !agrees(each))
    .map(mismatch);

function mismatch({ what, expected: [least, most], counted }: Comparison): string {
  const range = least === most ? `${most}` : `${least} to ${most}`;
  return `${what}: ${counted} counted, ${range} expected`;
}

/** Why a run does not pass: one sentence each, none if it does. */
export function failuresOf(run: Run): string[] {
  const sides = [
    ["direct", run.direct],
    ["proxied", run.proxied],
  ] as const;
  return [
    ...(run.strangers > 0
      ? [
          `Others use this cell: ${run.strangers} requests came while no client was played, so counts cannot agree. ` +
            "Take a cell that nobody else uses for as long.",
        ]
      : []),
    ...mismatchesOf(run).map((text) => `Counts do not agree: ${text}.`),
    ...sides.flatMap(([name, phase]) => phaseFailures(phase).map((text) => `${name}: ${text}`)),
  ];
}

function phaseFailures(phase: Phase): string[] {
  const { outcome, promises, lags } = phase;
  const errors = Object.values(outcome.kinds).reduce((sum, { failed }) => sum + failed, 0);
  const codes = Object.entries(outcome.errorsByCode).map(([code, count]) => `${code} ${count}`);
  return [
    ...(operationsOf(phase) === 0 ? ["nothing was done."] : []),
    ...(errors > 0 ? [`${errors} operations failed (${codes.join(", ")}).`] : []),
    ...(outcome.sessionsLost > 0 ? [`${outcome.sessionsLost} sessions were lost.`] : []),
    ...promises.broken.map((text) => `a promise was broken: ${text}`),
    ...(promises.undecided
      ? ["freshness was not decided: the operations on some lock are too tangled to be judged."]
      : []),
    ...(grew(lags.map(({ meanMs }) => meanMs))
      ? ["operations began later and later: the load was not kept up with."]
      : []),
  ];
}

/** Whether the last third of some lags is well above the first. */
export function grew(lagsMs: readonly number[]): boolean {
  const third = Math.floor(lagsMs.length / 3);
  if (third === 0) return (lagsMs.at(-1) ?? 0) > SECOND_MS;
  const mean = (some: readonly number[]): number => some.reduce((sum, each) => sum + each, 0) / some.length;
  return mean(lagsMs.slice(-third)) > 2 * mean(lagsMs.slice(0, third)) + LAG_GROWTH_MS;
}

import { groupBy } from "./group-by.js";

/** A proxy asked the master for changes that nobody can tell any more. */
export interface AskedInVain {
  readonly proxy: string;
  /** When it learned that. */
  readonly atMs: number;
}

const WITHIN_MS = 1_000;
/** Halving finds out with fewer questions who of a thousand watches has to start over. */
const QUESTIONS_MAX = 12;

/**
 * P12: when a proxy's watches come from where nobody can tell them what they missed, the master is not asked for each of
 * them. One sentence for each proxy that asked too often.
 */
export function vainQuestions(inVain: readonly AskedInVain[]): string[] {
  return [...groupBy(inVain, ({ proxy }) => proxy).values()].flatMap((own) => {
    const first = own.find(
      ({ atMs }, at) => (own[at + QUESTIONS_MAX]?.atMs ?? Number.POSITIVE_INFINITY) - atMs < WITHIN_MS,
    );
    if (first === undefined) return [];
    return [
      `${first.proxy} asked more than ${QUESTIONS_MAX} times in a second for what is gone, from ${first.atMs} ms on.`,
    ];
  });
}

import type { Kind } from "./kinds.js";
import type { Mix } from "./mix.js";

/**
 * The request mix that Chubby's authors measured at a master (Burrows, "The Chubby lock service for
 * loosely-coupled distributed systems", OSDI 2006, the table of section 4.1).
 *
 * A mix made up at a desk would flatter whatever it was made for. This one has a shape that nobody would
 * have guessed: 93 % of all requests only say "I am alive", and one in 32,000 takes a lock. What the
 * table does not state, 2.5289 %, is spread as GetStat, the most frequent request that it does.
 */
export const CHUBBY_PPM = {
  KeepAlive: 930_000,
  GetStat: 20_000 + 25_289,
  Open: 10_000,
  CreateSession: 10_000,
  GetContentsAndStat: 4_000,
  SetContents: 680,
  Acquire: 31,
} as const satisfies Partial<Record<Kind, number>>;

/** Sessions of 12 s whose clients send a KeepAlive every 4 s. */
export const KEEP_ALIVES_PER_S = 1 / 4;

const perSecond = (ppm: number): number => (KEEP_ALIVES_PER_S * ppm) / CHUBBY_PPM.KeepAlive;

/**
 * The same table has what the clients' caches held: 230,000 entries of 24,000 files, so that about 10 clients share
 * a file and each has about 10; and 32,000 names that were known not to exist. 60 % of the open files served naming,
 * and 90 % of the files were below 1 KiB.
 */
export const CHUBBY_FILES: Mix["files"] = {
  perClient: 10,
  clientsPerFile: 10,
  absentShare: 32 / (24 + 32),
  namingShare: 0.6,
  over1KiBShare: 0.1,
};

export const chubby: Mix = {
  name: "chubby",
  about: "what Chubby's authors measured, at real rates: a KeepAlive every 4 s, all else in its proportion to them",
  perClientPerS: Object.fromEntries(Object.entries(CHUBBY_PPM).map(([kind, ppm]) => [kind, perSecond(ppm)])),
  files: CHUBBY_FILES,
  failOverEveryS: 0,
  clientsPerElection: 1,
};

import { ProgressLine } from "../progress-line.js";
import { barsText } from "./bars.js";
import { benchFailover } from "./failover/failover.js";
import { failoverOutcome } from "./failover/outcome.js";
import { benchLocks } from "./locks/locks.js";
import { locksOutcome } from "./locks/outcome.js";
import { hasPassed, type Outcome } from "./outcome.js";
import { readOutcome } from "./read/outcome.js";
import { benchRead } from "./read/read.js";
import { readWsOutcome } from "./read-ws/outcome.js";
import { benchReadWs } from "./read-ws/read-ws.js";
import { sessionsOutcome } from "./sessions/outcome.js";
import { benchSessions } from "./sessions/sessions.js";
import { watchOutcome } from "./watch/outcome.js";
import { benchWatch } from "./watch/watch.js";
import { writeOutcome } from "./write/outcome.js";
import { benchWrite } from "./write/write.js";

/** How large all benches are. */
export interface AllSizes {
  readonly pairs: number;
  /** Of each shot. */
  readonly seconds: number;
  readonly connections: number;
  readonly loopers: number;
  readonly proxies: readonly number[];
  readonly writes: number;
  readonly sessions: number;
  /** How long the master is watched each time, in seconds. */
  readonly watchSeconds: number;
  readonly leaseMs: number;
  readonly clients: number;
  readonly locks: number;
  readonly deadMs: number;
  readonly watchers: number;
  readonly changes: number;
  readonly handOvers: number;
}

/** Large enough for figures that mean something, and done within a quarter of an hour. */
export const MEDIUM: AllSizes = {
  ...{ pairs: 5, seconds: 3, connections: 100, loopers: 200 },
  ...{ proxies: [1, 10], writes: 100 },
  ...{ sessions: 10_000, watchSeconds: 12, leaseMs: 12_000, clients: 2_000, locks: 200, deadMs: 14_000 },
  ...{ watchers: 4_000, changes: 20, handOvers: 200 },
};

/** That each still runs; what it measures means nothing. */
export const TINY: AllSizes = {
  ...{ pairs: 1, seconds: 1, connections: 10, loopers: 10 },
  ...{ proxies: [1, 2], writes: 10 },
  ...{ sessions: 100, watchSeconds: 2, leaseMs: 5_000, clients: 24, locks: 4, deadMs: 500 },
  ...{ watchers: 40, changes: 2, handOvers: 5 },
};

type Benches = Readonly<Record<string, (out: string) => Promise<Outcome>>>;

/** By the bars of each by itself. */
function benchesOf(sizes: AllSizes, peers: boolean): Benches {
  const { pairs, seconds, connections, deadMs, leaseMs, locks } = sizes;
  const shots = { pairs, seconds, connections };
  return {
    read: async (out) => readOutcome(await benchRead({ ...shots, bar: 0.85, peers, out }), 0.85),
    "read-ws": async (out) => readWsOutcome(await benchReadWs({ ...shots, inFlight: 16, bar: 2, out }), 2),
    write: async (out) => {
      const { proxies, writes } = sizes;
      const quiet = { processes: 10, gap: 5, pauses: 1 };
      return writeOutcome(await benchWrite({ ...quiet, proxies, pairs: 2 * pairs, writes, bar: 2, out }), 2);
    },
    locks: async (out) => locksOutcome(await benchLocks({ pairs, seconds, sessions: sizes.loopers, bar: 0.6, out })),
    sessions: async (out) => {
      const { sessions, clients, watchSeconds } = sizes;
      const deaths = { clients, locks, mortals: Math.ceil(locks / 10), deadMs };
      const times = { leaseMs, seconds: watchSeconds, pairs };
      return sessionsOutcome(await benchSessions({ sessions, ...times, ...deaths, peers, out }));
    },
    watch: async (out) => {
      const { watchers, changes } = sizes;
      return watchOutcome(await benchWatch({ watchers, changes, pairs, peers, out }));
    },
    failover: async (out) => {
      const { handOvers } = sizes;
      const deaths = { locks: Math.ceil(locks / 10), leaseMs: 5_000, kills: Math.min(3, pairs), deadMs: 4_000 };
      return failoverOutcome(await benchFailover({ ...deaths, handOvers, pairs, peers, out }));
    },
  };
}

/** Runs all benches one after the other, and calls back with the text of each. One that fails keeps none of the others from running. */
export async function benchAll(
  { sizes, peers, directory }: { readonly sizes: AllSizes; readonly peers: boolean; readonly directory: string },
  show: (text: string) => void,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const [name, bench] of Object.entries(benchesOf(sizes, peers))) {
    new ProgressLine().note(`bench ${name}`);
    const outcome = await bench(`${directory}/bench-${name}.json`).catch((error: unknown) => failed(name, error));
    show(`\n${name}\n${outcome.text}\n`);
    outcomes.push(outcome);
  }
  const all = {
    bars: outcomes.flatMap(({ bars }) => bars),
    charts: outcomes.flatMap(({ charts }) => charts),
    flaws: outcomes.flatMap(({ flaws }) => flaws),
  };
  const text = [barsText(all.bars), ...all.flaws.map((flaw) => `VOID  ${flaw}`)].join("\n");
  const last = hasPassed({ text, ...all }) ? "All bars are reached." : "Some bars are MISSED, or runs are void.";
  return { text: `${text}\n${last}`, ...all };
}

function failed(name: string, error: unknown): Outcome {
  const why = `${name} did not run to its end: ${error instanceof Error ? error.message : String(error)}`;
  return { text: why, bars: [], charts: [], flaws: [why] };
}

import { type Cell, startCell } from "../../cluster/cell.js";
import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import { cpuSeconds, systemCpuSeconds } from "../../cluster/cpu-time.js";
import type { Member } from "../../cluster/member.js";
import { type Metrics, scrape } from "../../cluster/metrics.js";
import { ProgressLine } from "../../progress-line.js";
import { writeRecord } from "../record.js";
import { type Shoot, shootRounds } from "../shots/rounds.js";
import { shotAt } from "../shots/shot.js";
import type { Served, Target } from "../shots/target.js";
import { startLockFloor } from "./floor.js";
import { startLoopers } from "./loopers.js";
import { type LocksRound, type LocksVerdict, locksVerdictOf } from "./verdict.js";

/** What one user may have on record in fifteen minutes is bounded, and these loops are not those of one user. */
const USERS = 40;
const ON_DISK = "appended and synced";

export interface LocksBenchSettings {
  readonly pairs: number;
  /** Of each shot. */
  readonly seconds: number;
  readonly sessions: number;
  /** The least ratio that passes. */
  readonly bar: number;
  /** Where the result is written as JSON. */
  readonly out: string;
}

/**
 * What do locks cost that are durable?
 *
 * Sessions at a proxy each take a lock of their own and give it back, as fast as they are answered. Both are writes that
 * the master must have on disk before anybody is told. The floor has the same hops and the same disk: from a socket to
 * one program, over HTTP to another, and one synced append for each write; it groups what comes at a time as the cell
 * does, and knows of nothing. What it does not do (tokens, sessions, fencing, operation ids, state, chain, events) is
 * what a write costs more. What it sends, answers and appends is as long as with the cell.
 *
 * That each write was one commit is not believed but counted, by the master's revision.
 */
export async function benchLocks(settings: LocksBenchSettings): Promise<LocksVerdict> {
  const rounds = await withCleanup((cleanup) => measure(cleanup, settings));
  const verdict = locksVerdictOf(rounds, settings.bar);
  await writeRecord(settings.out, { bench: "locks", settings, verdict, rounds });
  return verdict;
}

async function measure(cleanup: Cleanup, settings: LocksBenchSettings): Promise<LocksRound[]> {
  const { pairs, seconds, sessions } = settings;
  const line = new ProgressLine();
  line.say("starting a cell with one proxy");
  const cell = await startCell(cleanup, USERS);
  const proxy = await cell.startProxy();
  const floor = await startLockFloor(cleanup, cell.entrance.natsUrl, 1);
  const at = async (target: Omit<Target, "headers" | "wanted">): Promise<Shoot> => {
    const loop = await startLoopers(cleanup, { url: target.url, tokens: cell.tokens, sessions });
    return (forSeconds) => shotAt({ ...target, wanted: ON_DISK }, () => loop(forSeconds));
  };
  const shots = {
    cell: await at({ name: "cell", url: proxy.url, served: () => withNats(cell, writesOf(cell, proxy)) }),
    floor: await at({ name: "floor", url: floor.urls[0] as string, served: () => withNats(cell, floor.served()) }),
  };
  const rounds = await cell.whileUp(shootRounds(shots, settings, (text) => line.say(text)));
  line.end(`${pairs} pairs of ${seconds} s, ${sessions} sessions`);
  return rounds;
}

/** Both tell something over the cell's NATS server: what it does meanwhile is part of the cost. */
async function withNats({ nats }: Cell, asked: Promise<Served>): Promise<Served> {
  const served = await asked;
  return { ...served, cpuSeconds: served.cpuSeconds + ((await systemCpuSeconds(nats.pid)) ?? 0) };
}

/** Acquires and releases that a proxy answered, commits of the master, and what that cost the two. */
async function writesOf(cell: Cell, proxy: Member): Promise<Served> {
  const [inner, outer] = [await scrape(cell.master.url), await scrape(proxy.url)];
  const answered = outer.by("octofleet_gateway_requests_total", "operation");
  return {
    good: inner.sum("octofleet_master_revision") ?? 0,
    all: (answered.get("acquire") ?? 0) + (answered.get("release") ?? 0),
    cpuSeconds: (await cpuOf(cell.master, inner)) + (await cpuOf(proxy, outer)),
  };
}

async function cpuOf({ child }: Member, metrics: Metrics): Promise<number> {
  const seconds = await cpuSeconds(child.pid, metrics);
  if (seconds === undefined) throw new Error(`neither ${child.name} nor this system tells its CPU time.`);
  return seconds;
}

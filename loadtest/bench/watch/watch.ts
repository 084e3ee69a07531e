import { type Cell, startCell } from "../../cluster/cell.js";
import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import type { Member } from "../../cluster/member.js";
import { scrape } from "../../cluster/metrics.js";
import { ProgressLine } from "../../progress-line.js";
import { bareServer, type Cost, costOf } from "../crowd/server.js";
import { acquireLock } from "../lock.js";
import type { Serving } from "../pace.js";
import { installed } from "../peers/on-path.js";
import { writeRecord } from "../record.js";
import { callerOf } from "../write/caller.js";
import type { WatchBenchSettings, WatchTurn } from "./findings.js";
import { measureWatchPeer, type WatchHome, type WatchPeer } from "./peer.js";
import { type Publish, publishAll, publishOnce, tell } from "./publish.js";
import { type WatchVerdict, watchVerdictOf } from "./verdict.js";
import { Watchers } from "./watchers.js";

const NAME = "bench/watched";
/** What a change costs on the wire is the same at the floor. */
const EVENT_CHARS = 300;
/** These fill what the system buffers for a socket of which nobody reads, a thousand times for each. */
const FILLING_CHARS = 900;
const FILLINGS = 12;
const WARM_CHANGES = 5;
const SETTLE_MS = 1_000;
/** More of etcd's streams than that, and their clients are all that the machine does. */
const PEER_WATCHERS_MAX = 1_000;

/**
 * How long does it take until the last of ten thousand has heard?
 *
 * A change is asked for at the master, which has it forgotten by the proxies, journals it, and publishes it; each proxy
 * then tells those who watch. The floor is a server that is told a text and sends it to as many sockets, with nothing
 * to forget, to journal or to authorise; it is one process where the cell has two proxies for it.
 *
 * A watcher that does not read must be nobody's trouble but its own. So in turns one more socket at the first proxy
 * watches the key a thousand times and stops reading; when all buffers on the way are full, the others are measured.
 * That it gets nothing meanwhile is counted, or it was not stuck.
 */
export async function benchWatch(settings: WatchBenchSettings): Promise<WatchVerdict> {
  const { turns, peer } = await withCleanup((cleanup) => measure(cleanup, settings));
  const verdict = watchVerdictOf(turns, settings, peer);
  await writeRecord(settings.out, { bench: "watch", settings, verdict, turns, peer });
  return verdict;
}

interface Measured {
  readonly turns: readonly WatchTurn[];
  readonly peer: WatchPeer | undefined;
}

async function measure(cleanup: Cleanup, settings: WatchBenchSettings): Promise<Measured> {
  const { watchers, changes, pairs } = settings;
  const line = new ProgressLine();
  line.say("starting a cell with two proxies");
  const cell = await startCell(cleanup, 1, { proxy: ["--sockets-per-s", "1000000"] });
  const proxies = [await cell.startProxy(), await cell.startProxy()];
  const token = cell.tokens[0] as string;
  const publish = await publisherOf(cleanup, cell, token, NAME);
  line.say(`${watchers} watchers over two proxies`);
  const places = proxies.map(({ url }) => ({ url, token }));
  const watching = await Watchers.open(cleanup, watchers, places, NAME);
  line.say(`${watchers} sockets at the floor`);
  const bare = await bareServer(cleanup);
  const listening = await Watchers.open(cleanup, watchers, [bare, bare], NAME);
  const broadcast = callerOf(cleanup, bare.url, {});
  const atFloor: Publish = (mark) => broadcast("/", { type: "event", watch: 2, mark, rest: "r".repeat(EVENT_CHARS) });
  const atCell: Publish = (mark) => publish(mark, "");
  await publishAll(watching, atCell, WARM_CHANGES);
  await publishAll(listening, atFloor, WARM_CHANGES);

  const cellServes: Serving = { cpuSeconds: () => cpuSecondsOf([cell.master, ...proxies].map(costOf)) };
  const floorServes: Serving = { cpuSeconds: () => cpuSecondsOf([bare.cost()]) };
  const stuckTurn = async (): Promise<Pick<WatchTurn, "stuck" | "sentToStuck">> => {
    await watching.stick();
    for (let n = 0; n < FILLINGS; n += 1)
      await publishOnce(watching, (mark) => publish(mark, "f".repeat(FILLING_CHARS)));
    await pause(SETTLE_MS);
    const before = await eventsOf(proxies);
    const stuck = await publishAll(watching, atCell, changes);
    const sentToStuck = (await eventsOf(proxies)) - before - changes * watching.count;
    await watching.unstick();
    return { stuck, sentToStuck };
  };
  const turns: WatchTurn[] = [];
  while (turns.length < pairs) {
    line.say(`turn ${turns.length + 1} of ${pairs}`);
    const floor = await tell(listening, atFloor, changes, floorServes);
    if (turns.length % 2 === 0) {
      const free = await tell(watching, atCell, changes, cellServes);
      turns.push({ floor, free, ...(await stuckTurn()) });
    } else {
      const stuck = await stuckTurn();
      await pause(SETTLE_MS);
      turns.push({ floor, free: await tell(watching, atCell, changes, cellServes), ...stuck });
    }
  }
  const home: WatchHome = {
    places,
    publisherOf: async (name) => {
      const publishThere = await publisherOf(cleanup, cell, token, name);
      return (mark) => publishThere(mark, "");
    },
    ...cellServes,
  };
  const peer = settings.peers === true ? await besideEtcd(cleanup, home, settings, line) : undefined;
  line.end(`${pairs} turns of ${changes} changes, ${watching.count} watchers`);
  return { turns, peer };
}

async function besideEtcd(
  cleanup: Cleanup,
  home: WatchHome,
  settings: WatchBenchSettings,
  line: ProgressLine,
): Promise<WatchPeer | undefined> {
  const program = await installed("etcd", (text) => line.note(text));
  if (program === undefined) return undefined;
  line.say("watchers of etcd, and as many here");
  const watchers = Math.min(settings.watchers, PEER_WATCHERS_MAX);
  return measureWatchPeer(cleanup, program, home, { ...settings, watchers });
}

async function cpuSecondsOf(costs: readonly Promise<Cost>[]): Promise<number> {
  return (await Promise.all(costs)).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

async function publisherOf(cleanup: Cleanup, cell: Cell, token: string, name: string) {
  const headers = { authorization: `Bearer ${token}` };
  const path = `/locks/${name}`;
  const lease_id = await acquireLock(cell.master.url, path, headers);
  const put = callerOf(cleanup, cell.master.url, headers);
  return (mark: string, rest: string) => put(`${path}/metadata`, { lease_id, metadata: `${mark} ${rest}` });
}

/** Events that they have told watchers so far. */
async function eventsOf(proxies: readonly Member[]): Promise<number> {
  const all = await Promise.all(proxies.map(({ url }) => scrape(url)));
  return all.reduce((sum, metrics) => sum + (metrics.sum("octofleet_watch_events_total") ?? 0), 0);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

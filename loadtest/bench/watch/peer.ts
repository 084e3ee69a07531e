import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import type { Place } from "../crowd/crowd.js";
import type { Serving } from "../pace.js";
import { startEtcd } from "../peers/etcd/etcd.js";
import { EtcdClient } from "../peers/etcd/etcd-client.js";
import { type Publish, publishAll, type Telling, tell } from "./publish.js";
import { Watchers } from "./watchers.js";

const ETCD_WATCHERS = fileURLToPath(new URL("../peers/etcd/watchers-process.js", import.meta.url));
const NAME = "bench/watched-beside-etcd";
/** What a change carries, at both. */
const FILLING = "f".repeat(100);
const WARM_CHANGES = 5;

/** One turn of each, soon after one another. */
export interface WatchPeerTurn {
  readonly cell: Telling;
  readonly etcd: Telling;
}

export interface WatchPeer {
  readonly watchers: number;
  readonly turns: readonly WatchPeerTurn[];
}

/** Our side of it. */
export interface WatchHome extends Serving {
  readonly places: readonly Place[];
  publisherOf(name: string): Promise<Publish>;
}

/** The same changes and as many watchers of one key, through two proxies here and two of etcd's. */
export async function measureWatchPeer(
  cleanup: Cleanup,
  program: string,
  home: WatchHome,
  sizes: { readonly watchers: number; readonly changes: number; readonly pairs: number },
): Promise<WatchPeer> {
  const { watchers, changes, pairs } = sizes;
  const etcd = await startEtcd(cleanup, program, [[], []]);
  const writer = new EtcdClient(etcd.proxies[0] as string);
  cleanup.add(async () => writer.close());
  const places = etcd.proxies.map((address): Place => ({ url: `http://${address}`, token: null }));
  const atEtcd = await Watchers.open(cleanup, watchers, places, NAME, ETCD_WATCHERS);
  const atHome = await Watchers.open(cleanup, watchers, home.places, NAME);
  const tellEtcd: Publish = (mark) => writer.put(NAME, `${mark} ${FILLING}`);
  const publish = await home.publisherOf(NAME);
  const take = {
    cell: () => tell(atHome, (mark) => publish(`${mark} ${FILLING}`), changes, home),
    etcd: () => tell(atEtcd, tellEtcd, changes, etcd),
  };
  await publishAll(atHome, (mark) => publish(`${mark} ${FILLING}`), WARM_CHANGES);
  await publishAll(atEtcd, tellEtcd, WARM_CHANGES);
  const turns: WatchPeerTurn[] = [];
  while (turns.length < pairs) {
    if (turns.length % 2 === 0) turns.push({ cell: await take.cell(), etcd: await take.etcd() });
    else {
      const other = await take.etcd();
      turns.push({ cell: await take.cell(), etcd: other });
    }
  }
  return { watchers: atHome.count, turns };
}

import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import { scrape } from "../../cluster/metrics.js";
import { type Etcd, startEtcd } from "../peers/etcd/etcd.js";
import { EtcdClient } from "../peers/etcd/etcd-client.js";
import type { EtcdReadersOpen } from "../peers/etcd/readers-process.js";
import { startNginx } from "../peers/nginx/nginx.js";
import { installed } from "../peers/on-path.js";
import type { CachedLock } from "../shots/cached-lock.js";
import { startGenerator } from "../shots/generator.js";
import type { Shoot } from "../shots/rounds.js";
import { type Cannon, fireAt, type Shot, shotOf } from "../shots/shot.js";
import type { Target } from "../shots/target.js";

const ETCD_READERS = fileURLToPath(new URL("../peers/etcd/readers-process.js", import.meta.url));
const ETCD_KEY = "bench/primary";
/** Requests are spread over few connections, as etcd's own clients do. */
const ETCD_CONNECTIONS = 4;
/** With these, a grpc-proxy may answer linearizable reads by itself. */
const LEASING = ["--experimental-leasing-prefix", "leasing/"];
/** Who answers from a cache asks for no more of all reads than that; who does not asks for nearly all. */
const CACHED_SHARE_MAX = 0.05;

/** The same read of others, on the same machine. */
export type ReadPeer = "nginx" | "etcdLinearizable" | "etcdLeasing" | "etcdCached";
export type ReadPeers = Partial<Record<ReadPeer, Shoot>>;

/** Starts those that are installed; says which are not. */
export async function startReadPeers(
  cleanup: Cleanup,
  lock: CachedLock,
  connections: number,
  say: (text: string) => void,
): Promise<ReadPeers> {
  const [nginx, etcd] = [await installed("nginx", say), await installed("etcd", say)];
  return {
    ...(nginx !== undefined && { nginx: await microcache(cleanup, nginx, lock, connections) }),
    ...(etcd !== undefined && (await etcdReads(cleanup, etcd, lock.body, connections))),
  };
}

/** A read at an nginx before the master. */
async function microcache(cleanup: Cleanup, program: string, lock: CachedLock, connections: number): Promise<Shoot> {
  const { master } = lock.cell;
  const nginx = await startNginx(cleanup, program, master.url);
  const target = { url: `${nginx.url}${lock.path}`, headers: lock.headers };
  const askedMaster = async (): Promise<number> =>
    (await scrape(master.url)).by("octofleet_gateway_requests_total", "operation").get("status") ?? 0;
  return async (seconds) => {
    const before = await askedMaster();
    const shot = await peerShot("nginx", nginx, () => fireAt(cleanup, target, connections, seconds));
    const share = ((await askedMaster()) - before) / (shot.requestsPerSecond * seconds);
    const flaws = share > CACHED_SHARE_MAX ? ["nginx: it did not answer from its cache"] : [];
    return { ...shot, flaws: [...shot.flaws, ...flaws] };
  };
}

/** Reads of a key with the same value, by etcd's fastest interface (gRPC), through grpc-proxies. */
async function etcdReads(cleanup: Cleanup, program: string, value: string, connections: number): Promise<ReadPeers> {
  const etcd = await startEtcd(cleanup, program, [[], LEASING]);
  const [plain, leasing] = etcd.proxies as readonly [string, string];
  const writer = new EtcdClient(plain);
  await writer.put(ETCD_KEY, value);
  writer.close();
  const by = async (address: string, serializable: boolean, reachServer: boolean): Promise<Shoot> => {
    const inFlight = Math.ceil(connections / ETCD_CONNECTIONS);
    const of: EtcdReadersOpen = { address, key: ETCD_KEY, serializable, connections: ETCD_CONNECTIONS, inFlight };
    const read = await startGenerator(cleanup, ETCD_READERS, of);
    return async (seconds) => {
      const before = await rangesOf(etcd);
      const shot = await peerShot("etcd", etcd, () => read(seconds));
      const share = ((await rangesOf(etcd)) - before) / (shot.requestsPerSecond * seconds);
      const isAsMeant = reachServer ? share > 1 - CACHED_SHARE_MAX : share < CACHED_SHARE_MAX;
      const flaws = isAsMeant ? [] : [`etcd: ${share.toFixed(2)} of the reads reached its server`];
      return { ...shot, flaws: [...shot.flaws, ...flaws] };
    };
  };
  return {
    etcdLinearizable: await by(plain, false, true),
    etcdLeasing: await by(leasing, false, false),
    etcdCached: await by(plain, true, false),
  };
}

/** Reads that the server was asked for. */
async function rangesOf(etcd: Etcd): Promise<number> {
  return (await etcd.metrics()).by("grpc_server_msg_received_total", "grpc_method").get("Range") ?? 0;
}

/** What was seen of a peer, which does not count requests itself, beside its CPU time. */
async function peerShot(
  name: string,
  peer: { cpuSeconds(): Promise<number> },
  fire: () => Promise<Cannon>,
): Promise<Shot> {
  const before = await peer.cpuSeconds();
  const seen = await fire();
  const cpuSeconds = (await peer.cpuSeconds()) - before;
  const { total } = seen.requests;
  const target: Pick<Target, "name" | "wanted"> = { name, wanted: "answered" };
  return shotOf(target, seen, { good: total, all: total, cpuSeconds });
}

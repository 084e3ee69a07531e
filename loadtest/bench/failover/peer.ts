import { fileURLToPath } from "node:url";
import type { Cleanup } from "../../cluster/cleanup.js";
import { within } from "../../cluster/within.js";
import { askChild, startProgram } from "../ask-child.js";
import { type Etcd, startEtcd } from "../peers/etcd/etcd.js";
import { EtcdClient } from "../peers/etcd/etcd-client.js";
import type { EtcdHoldersOpen } from "../peers/etcd/holder-process.js";
import { machineMs } from "../sessions/machine-time.js";

const HOLDERS = fileURLToPath(new URL("../peers/etcd/holder-process.js", import.meta.url));
const NAME = "bench/handed-over";
const HELD_MS = 20_000;
const CALM_MS = 2_000;
const GRANTED_MS = 60_000;
const WAITER_TTL_S = 300;
const BACK_MS = 40_000;
const ASK_EVERY_MS = 10;

/** The same of etcd, through its grpc-proxies, in milliseconds. */
export interface FailoverPeer {
  readonly handOvers: readonly number[];
  readonly holderDeath: readonly number[];
  /** From the start of the server until both proxies answer linearizable reads. */
  readonly serverDeath: readonly number[];
}

export interface FailoverPeerSizes {
  readonly locks: number;
  readonly leaseMs: number;
  readonly handOvers: number;
  readonly kills: number;
  readonly deadMs: number;
}

/** etcd's own lock service, in which the server waits for whoever holds the lock. */
export async function measureFailoverPeer(
  cleanup: Cleanup,
  program: string,
  sizes: FailoverPeerSizes,
): Promise<FailoverPeer> {
  const etcd = await startEtcd(cleanup, program, [[], []]);
  const clients = etcd.proxies.map((address) => new EtcdClient(address));
  for (const client of clients) cleanup.add(async () => client.close());
  const [one, other] = clients as [EtcdClient, EtcdClient];
  return {
    handOvers: await handOver(one, other, sizes.handOvers),
    holderDeath: await killHolders(cleanup, etcd, other, sizes),
    serverDeath: await killServer(etcd, clients, sizes),
  };
}

async function handOver(one: EtcdClient, other: EtcdClient, count: number): Promise<number[]> {
  const leaseOf = async (client: EtcdClient) => ({ client, lease: await client.grantLease(WAITER_TTL_S) });
  let holder = await leaseOf(one);
  let waiter = await leaseOf(other);
  let key = await holder.client.lock(NAME, holder.lease);
  const times: number[] = [];
  while (times.length < count) {
    const granted = waiter.client.lock(NAME, waiter.lease);
    // Nothing tells that it waits; ours is told, and by then has its place.
    await pause(ASK_EVERY_MS);
    const releasedMs = performance.now();
    const released = holder.client.unlock(key);
    key = await granted;
    times.push(performance.now() - releasedMs);
    await released;
    [holder, waiter] = [waiter, holder];
  }
  return times;
}

async function killHolders(
  cleanup: Cleanup,
  etcd: Etcd,
  waiter: EtcdClient,
  { locks, leaseMs }: FailoverPeerSizes,
): Promise<number[]> {
  const names = Array.from({ length: locks }, (_, at) => `bench/mortal-${at}`);
  const ttlSeconds = Math.round(leaseMs / 1_000);
  const holders = await startProgram("holders of etcd's locks", HOLDERS);
  cleanup.add(() => holders.kill());
  const wanted: EtcdHoldersOpen = { address: etcd.proxies[0] as string, names, ttlSeconds };
  const held = await askChild<object>(holders, wanted, HELD_MS);
  if ("failure" in held) throw new Error(`etcd's locks could not be taken: ${String(held.failure)}`);
  const lease = await waiter.grantLease(WAITER_TTL_S);
  const granted = names.map((name) => waiter.lock(name, lease).then(() => machineMs()));
  await pause(CALM_MS);
  const killedMs = machineMs();
  await holders.kill();
  const all = await within(GRANTED_MS, Promise.all(granted), "etcd's locks did not come free");
  return all.map((atMs) => atMs - killedMs);
}

async function killServer(
  etcd: Etcd,
  clients: readonly EtcdClient[],
  { kills, deadMs }: FailoverPeerSizes,
): Promise<number[]> {
  const times: number[] = [];
  while (times.length < kills) {
    await etcd.kill();
    await pause(deadMs);
    const startedMs = machineMs();
    await etcd.restart();
    const answeredMs = await Promise.all(clients.map(firstAnswer));
    times.push(Math.max(...answeredMs) - startedMs);
  }
  return times;
}

/** Reads until that is answered. Infinity if it never is. */
async function firstAnswer(client: EtcdClient): Promise<number> {
  const untilMs = machineMs() + BACK_MS;
  while (machineMs() < untilMs) {
    const isAnswered = await client.range(NAME, false).then(
      () => true,
      () => false,
    );
    if (isAnswered) return machineMs();
    await pause(ASK_EVERY_MS);
  }
  return Number.POSITIVE_INFINITY;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

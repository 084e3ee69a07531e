import { type Cell, startCell } from "../../cluster/cell.js";
import { type Cleanup, withCleanup } from "../../cluster/cleanup.js";
import type { Member } from "../../cluster/member.js";
import { eventually } from "../../cluster/within.js";
import { ProgressLine } from "../../progress-line.js";
import { acquireLock, cachedRead } from "../lock.js";
import { startLockFloor } from "../locks/floor.js";
import { oneAfterAnother, paced, servingOf } from "../pace.js";
import { installed } from "../peers/on-path.js";
import { writeRecord } from "../record.js";
import { beginHeirs, grantedAfter, killClients, type Where } from "../sessions/kill-clients.js";
import { machineMs } from "../sessions/machine-time.js";
import type { FailoverBenchSettings, FailoverFindings, HandOverPair, HandOvers } from "./findings.js";
import { openHandOver } from "./hand-over.js";
import { killMaster, type MasterAbsence } from "./master-death.js";
import { type FailoverPeer, measureFailoverPeer } from "./peer.js";
import { type FailoverVerdict, failoverVerdictOf } from "./verdict.js";

const WARM_HAND_OVERS = 200;
const CACHED_MS = 10_000;
const PATH = "/locks/bench/primary";
/** Each of these is to have a user's locks at once. */
const FLAGS = { master: ["--locks-per-principal", "100000"] };

/**
 * How long is there nobody, when somebody is gone?
 *
 * Four things that happen: the holder of a lock gives it back; its process is killed; the proxy is killed at which
 * holder and stand-by are, and the holder gives the lock back all the same; the master is killed and started again.
 * Three of them wait for a lease to run out, so their times are those of the protocol and not of the machine, and are
 * judged by what it promises (P7). The first is as fast as the machine, and stands beside a floor with the same hops:
 * a socket, an HTTP call, one synced append, NATS, a socket. Holders and stand-bys are clients of the library, but for
 * the first, where both sides are lean.
 */
export async function benchFailover(settings: FailoverBenchSettings): Promise<FailoverVerdict> {
  const findings = await withCleanup((cleanup) => measure(cleanup, settings));
  const verdict = failoverVerdictOf(findings, settings);
  await writeRecord(settings.out, { bench: "failover", settings, verdict, findings });
  return verdict;
}

async function measure(cleanup: Cleanup, settings: FailoverBenchSettings): Promise<FailoverFindings> {
  const line = new ProgressLine();
  const say = (text: string): void => line.say(text);
  say("starting a cell with three proxies");
  const cell = await startCell(cleanup, 1, FLAGS);
  const [victim, ...others] = [await cell.startProxy(), await cell.startProxy(), await cell.startProxy()];
  const token = cell.tokens[0] as string;
  const names = (kind: string): string[] => Array.from({ length: settings.locks }, (_, at) => `bench/${kind}-${at}`);
  const where = { near: victim.url, others: others.map(({ url }) => url), token, leaseMs: settings.leaseMs };
  const handOvers = await handOver(cleanup, cell, [victim, others[0] as Member], settings, say);
  say(`kill -9 of the holders of ${settings.locks} locks`);
  const holderDeath = await killClients(cleanup, names("mortal"), where);
  say("kill -9 of the proxy of holders and stand-bys");
  const proxyDeath = await killProxy(cleanup, names("moved"), victim, where);
  say(`kill -9 of the master, ${settings.kills} times`);
  const masterDeath = await killMasters(cleanup, cell, others, settings);
  const etcd = settings.peers === true ? await besideEtcd(cleanup, settings, line) : undefined;
  line.end(`${settings.locks} locks; ${settings.pairs} pairs of ${settings.handOvers} releases`);
  return { handOvers, holderDeath, proxyDeath, masterDeath, etcd };
}

async function besideEtcd(
  cleanup: Cleanup,
  settings: FailoverBenchSettings,
  line: ProgressLine,
): Promise<FailoverPeer | undefined> {
  const program = await installed("etcd", (text) => line.note(text));
  if (program === undefined) return undefined;
  line.say("the same of etcd");
  return measureFailoverPeer(cleanup, program, settings);
}

async function handOver(
  cleanup: Cleanup,
  { entrance, master, tokens }: Cell,
  [one, other]: readonly [Member, Member],
  settings: FailoverBenchSettings,
  say: (text: string) => void,
): Promise<HandOverPair[]> {
  say("releases, and releases at the floor");
  const lockFloor = await startLockFloor(cleanup, entrance.natsUrl, 2);
  const token = tokens[0] as string;
  const open = async (doors: readonly [string, string], pids: readonly number[]) => {
    const handing = await openHandOver(cleanup, doors, token);
    const serving = servingOf(() => pids);
    return async (count: number): Promise<HandOvers> => {
      const { result: ms, pace } = await paced(serving, () => handing.take(count), oneAfterAnother);
      return { ms, pace };
    };
  };
  const cell = await open([one.url, other.url], [master.child.pid, one.child.pid, other.child.pid]);
  const floor = await open(lockFloor.urls as [string, string], lockFloor.pids);
  for (const take of [cell, floor]) await take(Math.min(WARM_HAND_OVERS, settings.handOvers));
  const pairs: HandOverPair[] = [];
  while (pairs.length < settings.pairs) {
    say(`releases: pair ${pairs.length + 1} of ${settings.pairs}`);
    const take = (swapped: boolean): Promise<HandOvers> => (swapped ? floor : cell)(settings.handOvers);
    const swapped = pairs.length % 2 === 1;
    const first = await take(swapped);
    const second = await take(!swapped);
    pairs.push(swapped ? { cell: second, floor: first } : { cell: first, floor: second });
  }
  return pairs;
}

/** The dead proxy has the locks in its cache, so that the releases must wait until its lease has run out. */
async function killProxy(cleanup: Cleanup, names: readonly string[], victim: Member, where: Where): Promise<number[]> {
  const { holders, heirs } = await beginHeirs(cleanup, names, where);
  const headers = { authorization: `Bearer ${where.token}` };
  for (const name of names)
    await eventually(CACHED_MS, () => cachedRead(victim.url, `/locks/${name}`, headers), `${name} was not cached`);
  const killedMs = machineMs();
  await victim.child.kill();
  const [granted] = await Promise.all([grantedAfter(heirs, names, killedMs), holders.release()]);
  await Promise.all(holders.children.map((child) => child.kill()));
  return granted;
}

async function killMasters(
  cleanup: Cleanup,
  cell: Cell,
  proxies: readonly Member[],
  { kills, deadMs }: FailoverBenchSettings,
): Promise<MasterAbsence[]> {
  const headers = { authorization: `Bearer ${cell.tokens[0]}` };
  const leaseId = await acquireLock(cell.master.url, PATH, headers);
  const absences: MasterAbsence[] = [];
  let { master } = cell;
  while (absences.length < kills) {
    const killed = await killMaster(cleanup, {
      cell: { ...cell, master },
      proxies,
      headers,
      path: PATH,
      leaseId,
      deadMs,
    });
    master = killed.master;
    absences.push(killed.absence);
  }
  return absences;
}

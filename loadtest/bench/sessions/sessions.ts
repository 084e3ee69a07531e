import { withCleanup } from "../../cluster/cleanup.js";
import { ProgressLine } from "../../progress-line.js";
import { installed } from "../peers/on-path.js";
import { writeRecord } from "../record.js";
import { measureDeaths } from "./deaths.js";
import { measureEtcdLeases } from "./etcd-leases.js";
import { socketsPerProcess } from "./file-limit.js";
import type { SessionBenchSettings, SessionFindings } from "./findings.js";
import { measureIdle } from "./idle.js";
import { type SessionVerdict, sessionVerdictOf } from "./verdict.js";

/** Many sessions are so many times as many as few. */
const MANY_TIMES = 20;

/**
 * What does it cost that clients are there, and what does it cost them that a process dies?
 *
 * A lock master hears little but KeepAlives, so the first half counts what reaches it of them: with few sessions and
 * with twenty times as many it must be the same, in requests and in bytes. A number that is the same proves nothing by
 * itself, so the proxies' KeepAlives are counted beside it. What a session costs the proxy is measured beside a server
 * that is `ws` and nothing else, in the same run, by the same clients: in resident memory, and in CPU time, which no
 * neighbour on the machine can use for it.
 *
 * The second half kills: clients that others wait for, a proxy with all sessions on it, and the master for longer than
 * a session's lease. There the clients are those of the library, since half of what survives is theirs to do. All their
 * sessions are anchored: one that never held anything is made anew, and would prove nothing. What the clients believed
 * to hold, and when, is put before the validators of the promises; what the cell shows is compared with it.
 */
export async function benchSessions(settings: SessionBenchSettings): Promise<SessionVerdict> {
  const findings = await measure(settings);
  const verdict = sessionVerdictOf(findings);
  await writeRecord(settings.out, { bench: "sessions", settings, verdict, findings });
  return verdict;
}

async function measure(settings: SessionBenchSettings): Promise<SessionFindings> {
  const line = new ProgressLine();
  const beganMs = performance.now();
  const say = (text: string): void => line.say(`${Math.round((performance.now() - beganMs) / 1_000)} s  ${text}`);
  const { sessions, clients, locks, leaseMs, mortals, deadMs } = settings;
  const limit = await socketsPerProcess();
  const atOne = Math.min(sessions, limit ?? sessions);
  const sizes = { ...settings, atOne, few: Math.ceil(sessions / MANY_TIMES) };
  const idle = await withCleanup((cleanup) => measureIdle(cleanup, sizes, say));
  const etcd = settings.peers === true ? await installed("etcd", (text) => line.note(text)) : undefined;
  if (etcd !== undefined) say(`${sizes.few} leases of etcd`);
  const leases = { ...settings, leases: sizes.few };
  const etcdLeases = etcd === undefined ? undefined : await measureEtcdLeases(etcd, leases);
  const deathSizes = { clients, locks, leaseMs, mortals, masterDeadMs: deadMs };
  const deaths = await withCleanup((cleanup) => measureDeaths(cleanup, deathSizes, say));
  line.end(`measured in ${Math.round((performance.now() - beganMs) / 1_000)} s`);
  return { idle, deaths, etcdLeases, leaseMs, socketsPerProcess: limit };
}

import { operationsOf, type Phase, type Run } from "./phase.js";
import { type Reading, total } from "./reading.js";

/** By what factor less reached the master for the same client work; Infinity where nothing did, NaN where nothing does directly. */
export interface Savings {
  readonly requests: number;
  /** KeepAlives at the master, against the proxies' own renewals. */
  readonly keepAlives: number;
  /** Reads at the master, against the proxies' fills. */
  readonly reads: number;
  /** CPU time above that of a master which has nothing to do. NaN where nobody can tell. */
  readonly masterCpu: number;
}

/** What the proxies saved the master. */
export function savingsOf(run: Run): Savings {
  const { direct, proxied } = run;
  const factor = (before: number, after: number): number =>
    before === 0 || operationsOf(direct) === 0 || operationsOf(proxied) === 0
      ? Number.NaN
      : before / operationsOf(direct) / (after / operationsOf(proxied));
  return {
    requests: factor(masterRequests(direct.master), masterRequests(proxied.master)),
    keepAlives: factor(keepAlivesAt(direct.master), keepAlivesAt(proxied.master)),
    reads: factor(direct.master.gateway.get("status") ?? 0, proxied.master.link.get("fill") ?? 0),
    masterCpu: factor(aboveIdle(run, direct), aboveIdle(run, proxied)),
  };
}

/** CPU seconds of a master above those of an idle one; NaN where nobody can tell. */
export const aboveIdle = ({ idleCores }: Run, { master, elapsedSeconds }: Phase): number =>
  master.cpuSeconds === undefined || idleCores === undefined
    ? Number.NaN
    : Math.max(0, master.cpuSeconds - idleCores * elapsedSeconds);

/** Of clients, or of proxies: their renewals are what is left of them. */
export const keepAlivesAt = ({ gateway, link }: Reading): number =>
  (gateway.get("keepalive") ?? 0) + (link.get("renew") ?? 0);

/** Probes and scrapes are ours, not the clients'. */
const OURS = ["health", "readyz", "other"];

/** What a master was asked, by clients and by proxies, under the name that its metrics have for it. */
export function masterRequestsOf(master: Reading): Map<string, number> {
  const gateway = [...master.gateway].filter(([operation]) => !OURS.includes(operation));
  return new Map([
    ...gateway.map(([operation, count]) => [`gateway ${operation}`, count] as const),
    ...[...master.link].map(([call, count]) => [`link ${call}`, count] as const),
  ]);
}

export const masterRequests = (master: Reading): number => total(masterRequestsOf(master));

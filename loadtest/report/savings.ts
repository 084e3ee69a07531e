import { operationsOf, type Phase, type Run } from "./phase.js";
import { total } from "./reading.js";

/** By what factor fewer requests reached the master for the same client work; Infinity where none did. */
export interface Savings {
  readonly all: number;
  /** KeepAlives at the master, against the proxies' own renewals. */
  readonly keepAlives: number;
  /** Reads at the master, against the proxies' fills. */
  readonly reads: number;
  /** Share of the reads at the proxies that were answered from the cache. */
  readonly hitRatio: number;
}

/** What the proxies saved the master. */
export function savingsOf({ direct, proxied }: Run): Savings {
  const factor = (before: number, after: number): number =>
    before / operationsOf(direct) / (after / operationsOf(proxied));
  return {
    all: factor(masterRequests(direct), masterRequests(proxied)),
    keepAlives: factor(direct.master.gateway.get("keepalive") ?? 0, proxied.master.link.get("renew") ?? 0),
    reads: factor(direct.master.gateway.get("status") ?? 0, proxied.master.link.get("fill") ?? 0),
    hitRatio: (proxied.proxies.answers.get("hit") ?? 0) / total(proxied.proxies.answers),
  };
}

/** Probes and scrapes are ours, not the clients'. */
const OURS = ["health", "readyz", "other"];

/** What a master was asked, by clients and by proxies, under the name that its metrics have for it. */
export function masterRequestsOf({ master }: Phase): Map<string, number> {
  const gateway = [...master.gateway].filter(([operation]) => !OURS.includes(operation));
  return new Map([
    ...gateway.map(([operation, count]) => [`gateway ${operation}`, count] as const),
    ...[...master.link].map(([call, count]) => [`link ${call}`, count] as const),
  ]);
}

const masterRequests = (phase: Phase): number => total(masterRequestsOf(phase));

import type { Entrance } from "../cluster/cell.js";
import type { ProxyTally } from "./proxy-tally.js";

/** What a process of virtual proxies is to play. */
export interface VirtualPlan extends Entrance {
  /** Number of its first proxy. */
  readonly first: number;
  readonly proxies: number;
  readonly sessionsPerProxy: number;
  /** Of the sessions, how many in a hundred anchor by taking a lock. */
  readonly lockedPercent: number;
  /** A user's for each proxy, in order. */
  readonly tokens: readonly string[];
}

export type ToVirtual =
  | { readonly do: "start"; readonly plan: VirtualPlan }
  /** Anchors a session in each slot. */
  | { readonly do: "anchor" }
  /** From now on so many sessions a second end, over all proxies of the process, and as many are anchored anew; 0: none. */
  | { readonly do: "churn"; readonly perS: number }
  /** What happened since the last look. */
  | { readonly do: "look" };

/** What the virtual proxies of a process know. */
export interface VirtualLook {
  /** Proxies whose lease runs. */
  readonly registered: number;
  /** Sessions that they hold anchored. */
  readonly sessions: number;
  /** Ends and anchorings under way. */
  readonly underWay: number;
  /** When the last of them registered last, on the machine's clock; null while one of them has not. */
  readonly registeredAtMs: number | null;
  /** When the last one's sessions were confirmed after that. */
  readonly confirmedAtMs: number | null;
  /** How long renewals took that were answered since the last look, as counts of a histogram, and the longest, in ms. */
  readonly renewMs: readonly number[];
  readonly renewMsMax: number;
  /** Since the start. */
  readonly total: ProxyTally;
}

/** The latest of some times, if each of them has come. */
export const lastOf = (times: readonly (number | null)[]): number | null =>
  times.reduce((last, time) => (last === null || time === null ? null : Math.max(last, time)));

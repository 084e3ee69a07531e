/** What the clients of one process are to hold and to wait for. Each has a session of its own, on a socket of its own. */
export interface HolderPlan {
  /** Where all of them are at first. */
  readonly near: string;
  readonly others: readonly string[];
  readonly token: string;
  /** Of the process's own: an address has but 28,000 ports to offer, and those of 127.0.0.1 are the cell's. */
  readonly localAddress: string;
  readonly leaseMs: number;
  /** One client each. */
  readonly holds: readonly string[];
  /** One client each. */
  readonly waits: readonly string[];
  /** Clients that took a lock once and gave it back: anchored, so that the cell must not lose them, and idle. */
  readonly idle: readonly string[];
}

export type ToHolders =
  | { readonly do: "begin" | "wait"; readonly plan: HolderPlan }
  /** `sinceMs`: of the machine's monotonic clock. */
  | { readonly do: "look"; readonly sinceMs: number }
  | { readonly do: "verify" | "release" | "report" | "leave" };

export interface HoldersLook {
  readonly safe: number;
  readonly jeopardy: number;
  readonly expired: number;
  /** That were resumed since then. */
  readonly resumed: number;
  /** Locks that are held by the clients' own lease at this instant. */
  readonly held: number;
  /** Locks of those that wait. */
  readonly granted: number;
}

/** A lock that a client had. Times are of the machine's monotonic clock, in ms. */
export interface Held {
  readonly name: string;
  readonly sessionId: string;
  readonly fencingToken: number;
  readonly askedMs: number;
  readonly grantedMs: number;
  /** The last time that it was looked at and `held` was true. */
  readonly lastHeldMs: number;
}

export interface HoldersReport {
  readonly held: readonly Held[];
  /** For each client, when it was told that its session was resumed. */
  readonly resumedMs: readonly (readonly number[])[];
  /** Whose session was given up for another one, or whose lock was lost: a sentence each. */
  readonly losses: readonly string[];
}

export interface HolderAnswers {
  readonly begin: HoldersLook;
  readonly wait: HoldersLook;
  readonly look: HoldersLook;
  /** Locks whose holder and token the cell shows as the client knows them. */
  readonly verify: { readonly agreed: number };
  readonly release: HoldersLook;
  readonly leave: HoldersLook;
  readonly report: HoldersReport;
}

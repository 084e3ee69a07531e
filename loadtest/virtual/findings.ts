/** What a run of virtual proxies found. Times are ms, and CPU shares are of one core. */
export interface CapacityFindings {
  readonly sizes: CapacitySizes;
  readonly stretches: readonly Stretch[];
  readonly anchoring: Anchoring;
  readonly memory: MemoryCost;
  readonly churn: Churned;
  readonly recovery: Recovery;
  /** Since the start, at the proxies. */
  readonly registrations: number;
  readonly leasesLostBeforeKill: number;
  readonly sessionsLost: number;
  /** Once nothing was under way any more: before that a call may be late, and both sides right. */
  readonly disagreements: number;
  readonly mended: number;
  readonly failures: readonly string[];
}

export interface CapacitySizes {
  readonly proxies: number;
  readonly sessionsPerProxy: number;
  /** Of the sessions, how many in a hundred hold a lock. */
  readonly lockedPercent: number;
  /** Each stretch. */
  readonly seconds: number;
  /** Of the sessions, how many in a thousand end and are replaced each second. */
  readonly churnPerMille: number;
}

/** Some seconds of the master's life in which nothing changes but what is said. */
export interface Stretch {
  readonly what: string;
  readonly sessions: number;
  readonly seconds: number;
  readonly cpuShare: number;
  readonly callsPerS: number;
  readonly bytesPerS: number;
  readonly renewalsPerS: number;
  readonly commitsPerS: number;
  readonly renewMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** The longest that the master's event loop was held up. */
  readonly longestTurnMs: number;
}

export interface Anchoring {
  readonly sessions: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly bytes: number;
  readonly longestTurnMs: number;
  readonly renewMsMax: number;
}

/** What the master keeps, its garbage collected, above what it kept without sessions. */
export interface MemoryCost {
  readonly sessions: number;
  readonly operations: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

export interface Churned {
  readonly asked: number;
  readonly anchored: number;
  /** As the proxies say, and as the master does. */
  readonly ended: Ends;
  readonly endedAtMaster: Ends;
  readonly rounds: number;
}

/** `closed`: by their owners, here or at another proxy. */
export interface Ends {
  readonly silent: number;
  readonly closed: number;
}

export interface Recovery {
  readonly sessionsBefore: number;
  /** Of the journal on disk, when the master was killed. */
  readonly journalBytes: number;
  /** From the start of the new process, ms. */
  readonly readyMs: number;
  /** Null: not all of them did. */
  readonly registeredMs: number | null;
  readonly confirmedMs: number | null;
  readonly registrations: number;
  readonly cpuSeconds: number;
  readonly longestTurnMs: number;
  readonly sessionsAtMaster: number;
  readonly sessionsAtProxies: number;
  readonly orphans: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/** What virtual proxies did, and what happened to them, since their start. */
export interface ProxyTally {
  registrations: number;
  leasesLost: number;
  anchored: number;
  /** Sessions that ended by silence, by their client's word, and by their owner's at another proxy. */
  silent: number;
  closed: number;
  closedElsewhere: number;
  /** Rounds that named one of them, and were acked. */
  acked: number;
  /** Sessions that the master had ended, or given to others, though nobody asked for it. */
  sessionsLost: number;
  /** Renewals whose answer asked for more than a digest: two running had differed. */
  disagreements: number;
  /** Sentences. */
  failures: string[];
}

export const newTally = (): ProxyTally => ({
  ...{ registrations: 0, leasesLost: 0, anchored: 0, silent: 0, closed: 0, closedElsewhere: 0 },
  ...{ acked: 0, sessionsLost: 0, disagreements: 0, failures: [] },
});

/** Of several together. */
export function sumOfTallies(tallies: readonly ProxyTally[]): ProxyTally {
  const all = newTally();
  for (const { failures, ...counts } of tallies) {
    all.failures.push(...failures);
    for (const [name, count] of Object.entries(counts)) all[name as keyof typeof counts] += count;
  }
  return all;
}

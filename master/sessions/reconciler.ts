import type { AttachedSession } from "../../shared/protocol/commands.js";
import type { RenewReply, SessionDigest } from "../../shared/protocol/link.js";
import { bucketOf } from "../../shared/sessions/digest.js";
import type { Ledger } from "./ledger.js";

/** How many buckets are asked for at a time: a renewal must stay small, whatever went wrong. */
const BUCKETS_LISTED_MAX = 32;
const MISMATCHES_BEFORE_BUCKETS = 2;

/** A session on which proxy and master differ. */
export type Difference = AttachedSession & {
  /** `unknown`: listed by the proxy, but not bound to it. `missing`: bound to it, but not listed. */
  readonly is: "unknown" | "missing";
};

/** What the next renewal should carry, and on which sessions it is time to act. */
export interface Finding {
  readonly wants: RenewReply["wants"];
  readonly mend: readonly Difference[];
}

const AGREED: Finding = { wants: "digest", mend: [] };

/**
 * Finds out on which sessions a proxy and the master differ, if their digests do (rule S8).
 *
 * Messages overtake each other, so a difference seen once proves nothing. Only after a second one in a row the master
 * asks for more: the digests of all buckets, then the lists of those that differ. It acts on a session only if it
 * differed in two lists running, in the same way.
 */
export class Reconciler {
  #mismatches = 0;
  /** What differed in the list before, by all that there is to it. */
  #suspects = new Map<string, Difference>();

  /** Takes a renewal's report; the ledger knows already how far the proxy has come. */
  compare(ledger: Ledger, report: SessionDigest): Finding {
    const { count, digest } = ledger.expected();
    if (count === report.count && digest === report.digest) return this.#agreed();
    this.#mismatches += 1;
    if (report.lists !== undefined) return this.#compareLists(ledger, report.lists);
    this.#suspects.clear();
    if (report.buckets !== undefined) return this.#compareBuckets(ledger, report.buckets);
    return { wants: this.#mismatches < MISMATCHES_BEFORE_BUCKETS ? "digest" : "buckets", mend: [] };
  }

  #agreed(): Finding {
    this.#mismatches = 0;
    this.#suspects.clear();
    return AGREED;
  }

  #compareBuckets(ledger: Ledger, buckets: readonly string[]): Finding {
    const own = ledger.expectedBuckets();
    const differing = buckets.flatMap((digest, bucket) => (digest === own[bucket] ? [] : [bucket]));
    return { wants: differing.length === 0 ? "digest" : differing.slice(0, BUCKETS_LISTED_MAX), mend: [] };
  }

  #compareLists(ledger: Ledger, lists: NonNullable<SessionDigest["lists"]>): Finding {
    const found = new Map(differences(ledger, lists).map((one) => [JSON.stringify(one), one]));
    const mend = [...found].filter(([name]) => this.#suspects.has(name)).map(([, difference]) => difference);
    this.#suspects = new Map([...found].filter(([name]) => !this.#suspects.has(name)));
    const wants = new Set([...this.#suspects.values()].map(({ sessionId }) => bucketOf(sessionId)));
    return { wants: wants.size === 0 ? "digest" : [...wants], mend };
  }
}

function differences(ledger: Ledger, lists: NonNullable<SessionDigest["lists"]>): Difference[] {
  const missing = ledger.expectedIn(new Set(lists.map(({ bucket }) => bucket)));
  const unknown: Difference[] = [];
  for (const { sessionId, attachment } of lists.flatMap(({ sessions }) => sessions)) {
    if (missing.get(sessionId) === attachment) missing.delete(sessionId);
    else unknown.push({ is: "unknown", sessionId, attachment });
  }
  return [
    ...unknown,
    ...[...missing].map(([sessionId, attachment]) => ({ is: "missing" as const, sessionId, attachment })),
  ];
}

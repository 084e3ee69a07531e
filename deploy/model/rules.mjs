/** What the model is checked for, and what must come of it. The rules' names are those of docs/model/coherence.pml. */

const scope = (proxies, keys, writes, leaseTicks) => ({ proxies, keys, writes, leaseTicks });

/** The sizes for which every history is looked at; the largest first, because it takes longest. */
export const SCOPES = [scope(2, 2, 2, 1), scope(2, 1, 3, 2), scope(2, 2, 1, 2), scope(1, 2, 3, 1), scope(1, 2, 2, 2)];

const WIDE = scope(2, 2, 2, 1);
const LONG = scope(2, 1, 3, 1);
const breaks = (promise, rules, within = WIDE) => ({ rules, promise, within });

/** Without these the model must break a promise, and this one. */
export const NEEDED = [
  breaks("P3", ["L1"]),
  breaks("P3", ["L2_EMPTY"]),
  breaks("P3", ["L2_ANSWER"]),
  breaks("P7", ["L3"], scope(2, 2, 1, 2)),
  breaks("P3", ["L5", "R5_ID"]),
  breaks("P3", ["LEASE_USE"]),
  breaks("P3", ["LEASE_SENDING"]),
  breaks("P3", ["LEASE_DRIFT"]),
  breaks("P3", ["R1_CLOSED"]),
  breaks("P3", ["R1_ADMISSION"]),
  breaks("P4", ["R1_SYNC"]),
  breaks("P3", ["R2"]),
  breaks("P3", ["R3_NAMES"]),
  breaks("P7", ["R3_STEP"]),
  breaks("P3", ["R4"]),
  breaks("P3", ["R5_MARK"]),
  breaks("P3", ["R5_NUMBER"]),
  breaks("P3", ["R5_NOTHING"]),
  breaks("P3", ["R6_INTEREST"]),
  breaks("P3", ["R6_TOMBSTONE"]),
  breaks("P3", ["E1"]),
  breaks("P3", ["E2_LEASES"]),
  breaks("P3", ["E2_EARLIER"]),
  breaks("P3", ["E2_LAST"]),
];

/** Without one of these alone the model holds: another rule stands behind it. */
export const COVERED = [
  { rules: ["L5"], by: "R5_ID", within: LONG },
  { rules: ["R5_ID"], by: "L5", within: scope(2, 1, 2, 1) },
  { rules: ["R5_OLDER"], by: "R5_MARK", within: LONG },
  { rules: ["R6_NAMED"], by: "R6_TOMBSTONE", within: LONG },
];

/** The names of the rules in the model's text. */
export const rulesIn = (text) => new Set([...text.matchAll(/KEPT\(([A-Z]\w+)\)/g)].map(([, name]) => name));

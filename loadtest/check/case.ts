import type { Trouble } from "./dead-clients.js";
import type { Ledger } from "./ledger.js";
import type { Evidence } from "./records.js";

/** A promise that was not kept. */
export interface Finding {
  readonly promise: string;
  readonly text: string;
}

/** What is to be judged; `ledger` is undefined where the disk could not be read. */
export interface Case {
  readonly evidence: Evidence;
  readonly ledger: Ledger | undefined;
  readonly endMs: number;
  /** What sessions have beyond their lease when their proxy or the master was lost. */
  readonly graceMs: number;
  /** When something was wrong with the cell. */
  readonly troubles: readonly Trouble[];
  /** When the bus lost or delayed what it was told. */
  readonly busTroubles: readonly Trouble[];
  /** Whose token a client showed. */
  readonly userOf: (client: string) => string;
  /** How many entries a second a proxy may ask the master for. */
  readonly fillKeysPerS: (proxy: string) => number;
}

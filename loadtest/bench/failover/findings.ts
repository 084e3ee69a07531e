import type { Pace } from "../pace.js";
import type { MasterAbsence } from "./master-death.js";
import type { FailoverPeer } from "./peer.js";

export interface FailoverBenchSettings {
  /** Locks whose holders are killed, or lose their proxy. */
  readonly locks: number;
  readonly leaseMs: number;
  /** In each turn. */
  readonly handOvers: number;
  readonly pairs: number;
  /** How often the master is killed, and for how long. */
  readonly kills: number;
  readonly deadMs: number;
  /** Whether etcd is measured, too, if it is installed. */
  readonly peers?: boolean;
  /** Where the result is written as JSON. */
  readonly out: string;
}

/** Releases in the cell, and at the floor soon before or after. */
export interface HandOverPair {
  readonly cell: HandOvers;
  readonly floor: HandOvers;
}

export interface HandOvers {
  /** How long each took until the next was told, in milliseconds. */
  readonly ms: readonly number[];
  readonly pace: Pace;
}

/** What the bench saw. All times in milliseconds. */
export interface FailoverFindings {
  readonly handOvers: readonly HandOverPair[];
  /** From the kill of their holders until those who waited had the locks. */
  readonly holderDeath: readonly number[];
  /** From the kill of the proxy of holders and waiters, while the holders release, until those who waited had the locks. */
  readonly proxyDeath: readonly number[];
  readonly masterDeath: readonly MasterAbsence[];
  /** If it was measured. */
  readonly etcd?: FailoverPeer | undefined;
}

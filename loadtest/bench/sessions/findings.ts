import type { DeathFindings } from "./death-findings.js";
import type { EtcdLeases } from "./etcd-leases.js";
import type { IdleFindings } from "./idle.js";

export interface SessionBenchSettings {
  /** That hold nothing, over two proxies; and at one, as far as the system allows. */
  readonly sessions: number;
  readonly leaseMs: number;
  /** How long the master is watched each time. */
  readonly seconds: number;
  readonly pairs: number;
  /** Of the library, whose sessions are anchored. */
  readonly clients: number;
  /** That clients hold when they lose their proxy; as many others wait for them. */
  readonly locks: number;
  /** Clients that die holding a lock. */
  readonly mortals: number;
  /** How long the master is dead. */
  readonly deadMs: number;
  /** Whether etcd's leases are measured, too, if it is installed. */
  readonly peers?: boolean;
  /** Where the result is written as JSON. */
  readonly out: string;
}

/** What the bench saw. */
export interface SessionFindings {
  readonly idle: IdleFindings;
  readonly deaths: DeathFindings;
  /** If it was measured. */
  readonly etcdLeases?: EtcdLeases | undefined;
  readonly leaseMs: number;
  /** By the system's limit of files; undefined if it does not say. */
  readonly socketsPerProcess: number | undefined;
}

import type { Growth } from "./memory.js";
import type { Sample } from "./samples.js";

export interface DeathSizes {
  readonly clients: number;
  readonly locks: number;
  readonly leaseMs: number;
  /** How long the master is dead. */
  readonly masterDeadMs: number;
  /** Clients that die, and as many that wait for their locks. */
  readonly mortals: number;
}

/** What became of those who were there when a process was killed. */
export interface Survival {
  readonly sessions: number;
  readonly locks: number;
  readonly sessionsLost: number;
  readonly locksLost: number;
  /** Sessions that the master ended by itself. */
  readonly sessionsEnded: number;
}

export interface ProxyDeath extends Survival {
  /** From the kill until a client was told that its session was resumed; of those that were. */
  readonly resumedAfterMs: readonly number[];
  /** The master's load before, during and after; `atMs` counts from the kill. */
  readonly load: readonly Sample[];
}

export interface MasterDeath extends Survival {
  readonly deadMs: number;
  /** From the start of the new one until every session was safe; undefined if that did not come. */
  readonly safeAfterMs: number | undefined;
}

export interface DeathFindings {
  readonly anchored: Growth;
  /** From the kill of the clients until those who waited had their locks. */
  readonly freedAfterMs: readonly number[];
  readonly proxyDeath: ProxyDeath;
  readonly masterDeath: MasterDeath;
  /** Sentences of the validators; and of the clients, who lost what they should not. */
  readonly doubleHolders: readonly string[];
  readonly fencing: readonly string[];
  readonly losses: readonly string[];
  /** Of those who waited through all of it, who got their lock when it was released at last. */
  readonly grantedInTheEnd: number;
}

import type { Cooling, Counters, Lock, Operation, SessionRecord, TokenRecord, Waiter } from "./state.js";

/** A snapshot of the whole state, as the journal keeps it. How many locks each principal has is counted from it. */
export interface Snapshot {
  readonly version: 2;
  readonly counters: Counters;
  readonly locks: readonly Lock[];
  readonly coolings: readonly (readonly [string, Cooling])[];
  readonly tokens: readonly (readonly [string, TokenRecord])[];
  readonly operations: readonly (readonly [string, Operation])[];
  readonly sessions: readonly SessionRecord[];
  readonly waiters: readonly (readonly [string, readonly Waiter[]])[];
}

/** A lock from before sessions could hold any. */
type FirstLock = Omit<Lock, "sessionId" | "ephemeral" | "delayOnRelease">;

/** A snapshot from before there were sessions in the cell. */
export interface FirstSnapshot extends Omit<Snapshot, "version" | "locks" | "sessions" | "waiters"> {
  readonly version: 1;
  readonly locks: readonly FirstLock[];
}

/** The snapshot in its newest form. Throws an `Error` for one that a newer program wrote. */
export function upgradedSnapshot(snapshot: Snapshot | FirstSnapshot): Snapshot {
  switch (snapshot.version) {
    case 2:
      return snapshot;
    case 1:
      return { ...snapshot, version: 2, locks: snapshot.locks.map(upgradedLock), sessions: [], waiters: [] };
    default: {
      const { version } = snapshot as { version: unknown };
      throw new Error(
        `The snapshot has version ${JSON.stringify(version)}, which this program does not know: a newer one wrote it.`,
      );
    }
  }
}

/** A lock delay applied to every release then, as it does at OctoStore. */
const upgradedLock = (lock: FirstLock): Lock => ({ ...lock, sessionId: null, ephemeral: false, delayOnRelease: true });

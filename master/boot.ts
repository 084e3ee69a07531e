import type { Clock } from "../shared/ports/clock.js";
import type { Log } from "../shared/ports/log.js";
import type { Store } from "../shared/ports/store.js";
import { LIMITS } from "../shared/protocol/limits.js";
import { apply } from "./cell/apply.js";
import type { Ground } from "./cell/ground.js";
import type { CommandRecord } from "./cell/record.js";
import type { Counters } from "./cell/state.js";
import { CellReplay } from "./cell-replay.js";
import { CellTime } from "./cell-time.js";
import type { EventLog } from "./coherence/event-log.js";
import { Journal, type Recovered } from "./journal/journal.js";
import { StartProgress } from "./start-progress.js";

/**
 * By how much a restored copy raises at least what it must not give out a second time. It takes the time of day
 * in milliseconds where that is more, so that one backup restored twice does not give the same numbers twice.
 */
const RESTORED_STEP_MIN = 1_000_000_000;

/** A cell that was recovered and has begun its new epoch. */
export interface Booted {
  readonly journal: Journal;
  readonly ground: Ground;
  /** Of the newest snapshot, 0 before the first; plus the revisions that a copy gave up, which were no commands. */
  readonly snapshotRevision: number;
  readonly time: CellTime;
  readonly epoch: number;
  /** The changes since the newest snapshot, for those who were watching before. */
  readonly events: EventLog;
  /** Until when no entry may change, on the monotonic clock. */
  readonly noChangeBeforeMs: number;
}

export interface BootParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly log: Log;
  /** Is told how far the start has come, as a clause that goes on from "it". */
  readonly onProgress?: (progress: string) => void;
  /** How many of the newest commits are kept for those who missed some. */
  readonly commitsKept?: number;
}

/**
 * Recovers the cell from its journal and begins a new epoch, on disk before anything is granted (rule E2).
 *
 * Proxies of the epoch before may still answer from their caches, so no entry changes before the longest
 * proxy lease has passed since this process alone had the journal open (rule E1) – unless the master before
 * closed the cell in good order, or no proxy was ever counted on.
 */
export async function boot(parts: BootParts): Promise<Booted> {
  // Nobody else has the store open, so this is when the last of those leases can have been granted.
  const openedAtMs = parts.clock.monotonicMs();
  const progress = new StartProgress(parts);
  const replay = new CellReplay(parts.clock, (text) => progress.tell(text), parts.commitsKept);
  const recovered = await Journal.open(parts.store, parts.log, replay);
  const { journal } = recovered;
  const { ground, events } = replay;
  const waitMs = waitOf(recovered, ground.counters);
  const raise = recovered.wasRestored ? Math.max(RESTORED_STEP_MIN, Math.floor(parts.clock.wallMs())) : 0;
  if (raise > 0) await journal.skipTo(journal.lastRevision + raise);

  const time = new CellTime(parts.clock, ground.counters.timeMs);
  const epoch = ground.counters.epoch + 1 + raise;
  const record: CommandRecord = {
    timeMs: time.nowMs(),
    wallMs: parts.clock.wallMs(),
    command: {
      kind: "start",
      epoch,
      fencingTokenAtLeast: ground.counters.lastFencingToken + raise,
    },
  };
  await journal.append([record]);
  apply(ground, record, journal.lastRevision);
  if (raise > 0) events.startOver(journal.lastRevision);
  const snapshotRevision = replay.snapshotRevision + raise;
  return { journal, ground, snapshotRevision, time, epoch, events, noChangeBeforeMs: openedAtMs + waitMs };
}

/** Rule E1. Of the proxies of a copy's original nothing is known. */
function waitOf({ wasRestored }: Recovered, { closed, proxyLeaseMs }: Counters): number {
  if (wasRestored) return Math.max(proxyLeaseMs, LIMITS.proxyLeaseMs);
  return closed ? 0 : proxyLeaseMs;
}

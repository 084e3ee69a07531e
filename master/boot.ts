import type { Clock } from "../shared/ports/clock.js";
import type { Log } from "../shared/ports/log.js";
import type { Store } from "../shared/ports/store.js";
import type { Entry } from "../shared/protocol/entries.js";
import { LIMITS } from "../shared/protocol/limits.js";
import { apply } from "./cell/apply.js";
import { entryOf } from "./cell/entries.js";
import { Ground } from "./cell/ground.js";
import type { CommandRecord } from "./cell/record.js";
import type { FirstSnapshot, Snapshot } from "./cell/snapshot.js";
import type { Counters } from "./cell/state.js";
import { CellTime } from "./cell-time.js";
import { commitOf } from "./coherence/commit-of.js";
import { EventLog } from "./coherence/event-log.js";
import { Journal, type Recovered } from "./journal/journal.js";

/**
 * By how much a restored copy raises at least what it must not give out a second time. It takes the time of day
 * in milliseconds where that is more, so that one backup restored twice does not give the same numbers twice.
 */
const RESTORED_STEP_MIN = 1_000_000_000;

/** A cell that was recovered and has begun its new epoch. */
export interface Booted {
  readonly journal: Journal;
  readonly ground: Ground;
  readonly time: CellTime;
  readonly epoch: number;
  /** The changes since the newest snapshot, for those who were watching before. */
  readonly events: EventLog;
  /** Until when no entry may change, on the monotonic clock. */
  readonly noChangeBeforeMs: number;
}

/**
 * Recovers the cell from its journal and begins a new epoch, on disk before anything is granted (rule E2).
 *
 * Proxies of the epoch before may still answer from their caches, so no entry changes before the longest
 * proxy lease has passed since this process alone had the journal open (rule E1) – unless the master before
 * closed the cell in good order, or no proxy was ever counted on.
 */
export async function boot(parts: { clock: Clock; store: Store; log: Log }): Promise<Booted> {
  const recovered = await Journal.open(parts.store, parts.log);
  const openedAtMs = parts.clock.monotonicMs();
  const { journal } = recovered;
  const { ground, events } = replay(recovered);
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
  return { journal, ground, time, epoch, events, noChangeBeforeMs: openedAtMs + waitMs };
}

/** Rule E1. Of the proxies of a copy's original nothing is known. */
function waitOf({ wasRestored }: Recovered, { closed, proxyLeaseMs }: Counters): number {
  if (wasRestored) return Math.max(proxyLeaseMs, LIMITS.proxyLeaseMs);
  return closed ? 0 : proxyLeaseMs;
}

function replay({ snapshot, records }: Recovered): { ground: Ground; events: EventLog } {
  const ground =
    snapshot === undefined ? new Ground() : Ground.fromSnapshot(snapshot.state as Snapshot | FirstSnapshot);
  let last = snapshot?.revision ?? 0;
  const events = new EventLog(last);
  const entryNow = (key: string): Entry => entryOf(ground, key) as Entry;
  for (const { revision, body } of records) {
    // Revisions were given up, for a copy: whatever its original had under them did not happen here.
    if (revision > last + 1) events.startOver(revision - 1);
    last = revision;
    const outcome = apply(ground, body as CommandRecord, revision);
    const commit = commitOf(outcome, revision, entryNow);
    if (commit !== undefined) events.add(commit);
    ground.operations.forgetBefore(ground.counters.timeMs);
  }
  return { ground, events };
}

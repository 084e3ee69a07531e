import { expect } from "vitest";
import { type Log, silentLog } from "../../shared/ports/log.js";
import type { Random } from "../../shared/ports/random.js";
import type { Store } from "../../shared/ports/store.js";
import { SimClock } from "../../shared/sim/sim-clock.js";
import { SimDisk } from "../../shared/sim/sim-store.js";
import { Journal, type JournalRecord, type Recovered } from "./journal.js";
import { JournalError } from "./journal-error.js";

const WAY_OUT = "restore the newest backup into an empty directory";

/** What a start finds, and all that it hands on. */
export interface Found extends Recovered {
  readonly snapshot: { readonly revision: number; readonly state: unknown } | undefined;
  readonly records: readonly JournalRecord[];
}

export async function openJournal(store: Store, log: Log = silentLog): Promise<Found> {
  let snapshot: Found["snapshot"];
  const records: JournalRecord[] = [];
  const recovered = await Journal.open(store, log, {
    reading: () => {},
    snapshot: async ({ position, state }) => {
      snapshot = { revision: position.revision, state };
    },
    records: async (some) => void records.push(...some),
  });
  return { ...recovered, snapshot, records };
}

/** A simulated disk with a journal on it. Given a clock, its writes take time, and `fraction` of them survive a crash. */
export class JournalDisk extends SimDisk {
  constructor({ clock, fraction = 0.5 }: { clock?: SimClock; fraction?: number } = {}) {
    super({ clock: clock ?? new SimClock(), random: always(fraction), writeMs: clock === undefined ? 0 : 4 });
  }

  async start(log: Log = silentLog): Promise<Found> {
    return openJournal(await this.open(), log);
  }

  async restart(journal: Journal): Promise<Found> {
    await journal.close();
    return this.start();
  }

  /** Checks that the journal refuses to start, names the revision and the way out, and lets go of the disk. */
  async refused(revision: number): Promise<string> {
    const error = await this.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JournalError);
    const { message, revision: named } = error as JournalError;
    expect(named).toBe(revision);
    expect(message).toContain(String(revision));
    expect(message).toContain(WAY_OUT);
    return message;
  }

  async storedAt(key: string): Promise<string> {
    const store = await this.open();
    const value = await store.get(key);
    await store.close();
    return value ?? "";
  }

  /** The same entries on a disk that never had a mark. Whoever has this one open is gone. */
  async withoutMark(): Promise<JournalDisk> {
    this.crash();
    const entries: { put: string; value: string }[] = [];
    const old = await this.open();
    for await (const { key, value } of old.range({})) entries.push({ put: key, value });
    const disk = new JournalDisk();
    const store = await disk.open();
    await store.write(entries);
    await store.close();
    return disk;
  }
}

/** Appends up to the revision `last`, with snapshots on the way. */
export async function appendWithSnapshotAt(
  journal: Journal,
  revisions: readonly number[],
  last: number,
): Promise<void> {
  while (journal.lastRevision < last) {
    const revision = await journal.append([`command ${journal.lastRevision + 1}`]);
    if (revisions.includes(revision)) await journal.writeSnapshot(revision, { at: revision });
  }
}

export function revisionsOf(records: readonly JournalRecord[] | "compacted"): number[] {
  return records === "compacted" ? [] : records.map(({ revision }) => revision);
}

/** The text with one bit of one character flipped, of the middle one if none is named. */
export function flip(value: string, at = Math.floor(value.length / 2)): string {
  return value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);
}

function always(fraction: number): Random {
  return {
    hex: (bytes) => "00".repeat(bytes),
    uuid: () => "00000000-0000-4000-8000-000000000000",
    fraction: () => fraction,
  };
}

/** Keeps what it is told. */
export class LinesLog implements Log {
  readonly lines: string[] = [];
  debug = (_fields: object, message: string) => void this.lines.push(`debug ${message}`);
  info = (_fields: object, message: string) => void this.lines.push(`info ${message}`);
  warn = (_fields: object, message: string) => void this.lines.push(`warn ${message}`);
  error = (_fields: object, message: string) => void this.lines.push(`error ${message}`);
}

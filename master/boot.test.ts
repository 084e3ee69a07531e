import { Registry } from "prom-client";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { noBus } from "../shared/adapters/no-bus.js";
import type { Clock } from "../shared/ports/clock.js";
import { type Log, silentLog } from "../shared/ports/log.js";
import { LIMITS } from "../shared/protocol/limits.js";
import { SimClock } from "../shared/sim/sim-clock.js";
import { SimRandom } from "../shared/sim/sim-random.js";
import { type Booted, boot } from "./boot.js";
import { acquireOf, Cell, newSession } from "./cell/cell.fixture.js";
import type { Snapshot } from "./cell/snapshot.js";
import { flip, JournalDisk, LinesLog } from "./journal/journal-disk.fixture.js";
import { JournalError } from "./journal/journal-error.js";
import { recordKey } from "./journal/journal-keys.js";
import { startMaster } from "./master.js";

const SESSIONS = 9_000;
const COMMANDS = 1_500;
/** More than anybody does in one turn. */
const TOO_MANY = 1_000;
const LIMIT_MS = 1e9;

/** A cell with many sessions, which a snapshot has, and with many locks that were taken since. */
let cell: Cell;
let sessions: Snapshot;
let snapshotRevision: number;
let clock: SimClock;
let disk: JournalDisk;

beforeAll(() => {
  cell = new Cell("alice");
  cell.own({ kind: "grantLeases", proxyLeaseMs: LIMITS.proxyLeaseMs });
  for (let at = 0; at < SESSIONS; at += 1) {
    cell.client("alice", { kind: "openSession" }, { session: newSession(`${at}`), operationId: `${at}` });
  }
  sessions = cell.ground.toSnapshot();
  snapshotRevision = cell.revision;
  for (let at = 0; at < COMMANDS; at += 1) {
    cell.nowMs += 1;
    cell.client("alice", acquireOf({ name: `lock/${at}` }), { locksPerPrincipal: COMMANDS });
  }
});

beforeEach(async () => {
  clock = new SimClock();
  disk = new JournalDisk();
  const { journal } = await disk.start();
  await journal.append(cell.journaled.slice(0, snapshotRevision));
  await journal.writeSnapshot(snapshotRevision, sessions);
  await journal.append(cell.journaled.slice(snapshotRevision));
  await journal.close();
});

/** What came of a start, and what was told meanwhile to one who asked in each turn. */
interface Start<T> {
  readonly booted: T;
  readonly told: readonly string[];
}

type Parts = Parameters<typeof boot>[0];

async function start<T = Booted>({
  turns = clock,
  log = silentLog,
  begin = boot as (parts: Parts) => Promise<T>,
}: {
  turns?: Clock;
  log?: Log;
  begin?: (parts: Parts) => Promise<T>;
} = {}): Promise<Start<T>> {
  const told: string[] = [];
  let latest = "";
  let isOver = false;
  const ask = (): void => {
    told.push(latest);
    if (!isOver) turns.afterTurn(ask);
  };
  const onProgress = (progress: string): void => {
    latest = progress;
  };
  const starting = begin({ clock: turns, store: await disk.open(), log, onProgress });
  turns.afterTurn(ask);
  const booted = await clock.settle(starting, LIMIT_MS).finally(() => {
    isOver = true;
  });
  return { booted, told };
}

const appliedIn = (progress: string): number => Number(/^has applied (\d+) of/.exec(progress)?.[1] ?? 0);

/** A clock on whose machine each turn takes a second. */
const slow = (): Clock => ({
  monotonicMs: () => clock.monotonicMs(),
  wallMs: () => clock.wallMs(),
  after: (delayMs, fn) => clock.after(delayMs, fn),
  afterTurn: (fn) => void clock.after(1_000, fn),
});

describe("a start with a large state", () => {
  it("comes to the state that was, and to the events since its snapshot", async () => {
    const { ground, events, snapshotRevision: begunFrom } = (await start()).booted;
    expect(begunFrom).toBe(snapshotRevision);
    const { counters, ...tables } = ground.toSnapshot();
    const { counters: before, ...tablesBefore } = cell.ground.toSnapshot();
    expect(tables).toEqual(tablesBefore);
    expect(counters).toEqual({ ...before, revision: cell.revision + 1, epoch: 1 });
    expect(ground.lockCounts).toEqual(cell.ground.lockCounts);
    const missed = events.after(snapshotRevision, cell.revision);
    expect(missed).toMatchObject({ status: "events", commits: { length: COMMANDS } });
    expect(events.after(snapshotRevision - 1, cell.revision).status).toBe("compacted");
  });

  it("applies some commands in a turn, and tells whoever asks in between how far it is", async () => {
    const { told } = await start();
    const applied = told.map(appliedIn);
    const steps = applied.map((now, at) => now - (applied[at - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThan(TOO_MANY);
    expect(applied.at(-1)).toBe(COMMANDS);
    expect(told.at(-1)).toBe(`has applied ${COMMANDS} of ${COMMANDS} commands since revision ${snapshotRevision}`);
  });

  it("takes the rows of the snapshot in over some turns, too", async () => {
    const { told } = await start();
    const read = `has read 100 % of its snapshot of revision ${snapshotRevision}`;
    expect(told.filter((progress) => progress === read).length).toBeGreaterThan((2 * SESSIONS) / 5_000);
  });

  it("takes its sessions in over some turns, all as nobody's", async () => {
    const metrics = new Registry();
    const settings = { locksPerPrincipal: COMMANDS, tokens: [] };
    const begin = ({ onProgress = () => {}, ...parts }: Parts) =>
      startMaster({ ...parts, ...{ bus: noBus, random: new SimRandom(1), metrics, settings }, onStarting: onProgress });
    const { told } = await start({ begin });
    expect(told.filter((progress) => appliedIn(progress) === COMMANDS).length).toBeGreaterThan(SESSIONS / 5_000);
    expect(await metrics.metrics()).toContain(`octofleet_master_orphans ${SESSIONS}\n`);
  });

  it("says in the log now and then how far it is", async () => {
    const log = new LinesLog();
    await start({ turns: slow(), log });
    const lines = log.lines.filter((line) => line.startsWith("info The master is starting: it has "));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(clock.monotonicMs() / 4_000);
  });

  it("refuses a record that was altered, also among the last ones, and lets go of the disk", async () => {
    const revision = cell.revision - 3;
    disk.alter(recordKey(revision), flip);
    const error = await start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JournalError);
    expect(error).toMatchObject({ revision });
    await (await disk.open()).close();
  });

  it("counts the longest proxy lease from when it alone had the journal, and not from its end of reading (E1)", async () => {
    const { booted } = await start({ turns: slow() });
    expect(clock.monotonicMs()).toBeGreaterThan(LIMITS.proxyLeaseMs);
    expect(booted.noChangeBeforeMs).toBe(LIMITS.proxyLeaseMs);
  });
});

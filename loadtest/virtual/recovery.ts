import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { machineMs } from "../bench/sessions/machine-time.js";
import { whileAlive } from "../cluster/child.js";
import { isReady, launchMember } from "../cluster/member.js";
import { eventually } from "../cluster/within.js";
import type { Recovery } from "./findings.js";
import { collected, masterReading } from "./master-reading.js";
import type { VirtualLook } from "./messages.js";
import type { Stage } from "./stage.js";

const READY_MS = 600_000;
const CONFIRMED_MS = 120_000;

/** Kills the master and starts it again, and waits until each proxy has registered and was confirmed. */
export async function recover({ cleanup, cell, fleet }: Stage, before: VirtualLook): Promise<Recovery> {
  const journalBytes = await bytesBelow(cell.masterData);
  await cell.master.child.kill();
  const startedMs = machineMs();
  const child = await launchMember(cell.masterSpec);
  cleanup.add(() => child.stop());
  const master = { url: cell.master.url, child };
  await whileAlive(
    child,
    eventually(READY_MS, () => isReady(master.url), "the master did not come back"),
  );
  const readyMs = machineMs() - startedMs;
  // One who does not come is a finding, and no reason to forget the others.
  await whileAlive(child, confirmed(fleet, startedMs)).catch(() => undefined);
  const look = await fleet.look();
  const { longestTurnMs, cpuSeconds } = await masterReading(master);
  const reading = await collected(master);
  return {
    ...{ journalBytes, readyMs, longestTurnMs, cpuSeconds, sessionsBefore: before.sessions },
    registeredMs: since(startedMs, look.registeredAtMs),
    confirmedMs: since(startedMs, look.confirmedAtMs),
    registrations: look.total.registrations - before.total.registrations,
    ...{ sessionsAtMaster: reading.sessions, sessionsAtProxies: look.sessions, orphans: reading.orphans },
    ...{ heapBytes: reading.heapBytes, residentBytes: reading.residentBytes },
  };
}

const since = (startedMs: number, atMs: number | null): number | null =>
  atMs === null || atMs < startedMs ? null : atMs - startedMs;

const confirmed = (fleet: { look(): Promise<VirtualLook> }, sinceMs: number): Promise<true> =>
  eventually(
    CONFIRMED_MS,
    async () => (since(sinceMs, (await fleet.look()).confirmedAtMs) === null ? undefined : true),
    "not all virtual proxies registered, and were confirmed,",
  );

async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map((file) =>
    stat(join(file.parentPath, file.name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

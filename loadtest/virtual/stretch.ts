import type { Cell } from "../cluster/cell.js";
import { Histogram } from "../driver/histogram.js";
import type { Anchoring, Stretch } from "./findings.js";
import { type MasterReading, masterReading } from "./master-reading.js";
import type { VirtualLook } from "./messages.js";
import type { VirtualFleet } from "./virtual-fleet.js";

/** Watches the master, and how its proxies fare with it, for some seconds. */
export async function stretchOf(of: {
  readonly what: string;
  readonly cell: Cell;
  readonly fleet: VirtualFleet | undefined;
  readonly seconds: number;
}): Promise<Stretch> {
  const { what, cell, fleet, seconds } = of;
  await fleet?.look();
  const before = await masterReading(cell.master);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const after = await masterReading(cell.master);
  const look = await fleet?.look();
  const elapsed = (after.atMs - before.atMs) / 1_000;
  const perS = (count: (reading: MasterReading) => number): number => (count(after) - count(before)) / elapsed;
  return {
    what,
    sessions: after.sessions,
    seconds: elapsed,
    cpuShare: perS(({ cpuSeconds }) => cpuSeconds),
    callsPerS: perS(({ calls }) => calls),
    bytesPerS: perS(({ callBytes }) => callBytes),
    renewalsPerS: perS(({ renewals }) => renewals),
    commitsPerS: perS(({ commits }) => commits),
    renewMs: look === undefined ? null : renewTimes(look),
    longestTurnMs: after.longestTurnMs,
  };
}

/** How long the renewals took that were answered since the look before. */
export function renewTimes({ renewMs, renewMsMax }: VirtualLook): Stretch["renewMs"] {
  const times = new Histogram();
  times.add(renewMs);
  const [p50, p99] = [times.percentileMs(0.5), times.percentileMs(0.99)];
  return p50 === undefined || p99 === undefined ? null : { p50, p99, max: renewMsMax };
}

/** What something cost the master that was done from one reading to the other. */
export const costBetween = (
  before: MasterReading,
  after: MasterReading,
): Pick<Anchoring, "seconds" | "cpuSeconds" | "bytes" | "longestTurnMs"> => ({
  seconds: (after.atMs - before.atMs) / 1_000,
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  bytes: after.callBytes - before.callBytes,
  longestTurnMs: after.longestTurnMs,
});

import { readFile } from "node:fs/promises";
import type { Metrics } from "./metrics.js";

/** USER_HZ of every Linux that Node runs on (proc(5)). */
const TICKS_PER_SECOND = 100;

/**
 * CPU seconds, user and system, that a process has used: as it says itself, else as Linux says of one on
 * this machine. Undefined if neither does. A busy neighbour moves it far less than it moves the wall clock.
 */
export async function cpuSeconds(pid: number | undefined, metrics: Metrics): Promise<number | undefined> {
  return metrics.sum("process_cpu_seconds_total") ?? (pid === undefined ? undefined : await systemCpuSeconds(pid));
}

/** As Linux says; undefined elsewhere, and of a process that is gone. */
export async function systemCpuSeconds(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // utime and stime are fields 14 and 15; the command's name, field 2, may hold blanks.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

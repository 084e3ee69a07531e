import { readFile } from "node:fs/promises";
import { cpuSeconds } from "../../cluster/cpu-time.js";
import type { Member } from "../../cluster/member.js";
import { scrape } from "../../cluster/metrics.js";

/** What a process has used since it started. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Of the system, that read or write: files and sockets. Undefined where the system does not count them. */
  readonly calls: number | undefined;
  /** Read and written by those calls. */
  readonly bytes: number | undefined;
}

export async function usageOf({ url, child }: Member): Promise<Usage> {
  const seconds = await cpuSeconds(child.pid, await scrape(url));
  if (seconds === undefined) throw new Error(`neither ${child.name} nor this system tells its CPU time.`);
  return { cpuSeconds: seconds, ...(await ioOf(child.pid)) };
}

/** Linux counts them by process (proc_pid_io(5)). */
async function ioOf(pid: number): Promise<Pick<Usage, "calls" | "bytes">> {
  const text = await readFile(`/proc/${pid}/io`, "utf8").catch(() => "");
  const values = new Map([...text.matchAll(/^(\w+): (\d+)$/gm)].map(([, name, value]) => [name, Number(value)]));
  const sum = (one: string, other: string): number | undefined => {
    const [a, b] = [values.get(one), values.get(other)];
    return a === undefined || b === undefined ? undefined : a + b;
  };
  return { calls: sum("syscr", "syscw"), bytes: sum("rchar", "wchar") };
}

/** What was used in between. */
export function usedBetween(before: Usage, after: Usage): Usage {
  return minus(after, before, 1);
}

/** Less what was used so many times over. */
export function minus(usage: Usage, other: Usage, times: number): Usage {
  const less = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? undefined : a - b * times;
  return {
    cpuSeconds: usage.cpuSeconds - other.cpuSeconds * times,
    calls: less(usage.calls, other.calls),
    bytes: less(usage.bytes, other.bytes),
  };
}

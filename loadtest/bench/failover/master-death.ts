import { request } from "undici";
import type { Cell } from "../../cluster/cell.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { launchMember, type Member } from "../../cluster/member.js";
import { machineMs } from "../sessions/machine-time.js";

/** What clients at proxies saw of a master that was killed and started again. Counted from the start, in milliseconds. */
export interface MasterAbsence {
  /** Until the last proxy had given a default read an answer. */
  readonly freshReadMs: number;
  /** Until a write was answered. */
  readonly writeMs: number;
}

const ASK_EVERY_MS = 10;
const ANSWER_MS = 2_000;
const BACK_MS = 40_000;

export interface Absentee {
  readonly cell: Cell;
  readonly proxies: readonly Member[];
  readonly headers: Readonly<Record<string, string>>;
  /** Of a lock that is held. */
  readonly path: string;
  readonly leaseId: string;
  readonly deadMs: number;
}

/** Kills the master and starts it again on its data, so many milliseconds later. */
export async function killMaster(
  cleanup: Cleanup,
  of: Absentee,
): Promise<{ readonly absence: MasterAbsence; readonly master: Member }> {
  const { cell, proxies, headers, path, leaseId, deadMs } = of;
  await cell.master.child.kill();
  await pause(deadMs);
  const startedMs = machineMs();
  const child = await launchMember(cell.masterSpec);
  cleanup.add(() => child.stop());
  const read = ({ url }: Member): Promise<number> => firstAnswer(() => request(`${url}${path}`, { headers }));
  const write = ({ url }: Member): Promise<number> =>
    firstAnswer(() =>
      request(`${url}${path}/metadata`, {
        method: "PUT",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ lease_id: leaseId, metadata: `since ${startedMs}` }),
        signal: AbortSignal.timeout(ANSWER_MS),
      }),
    );
  const [reads, writeAtMs] = await Promise.all([Promise.all(proxies.map(read)), write(proxies[0] as Member)]);
  const absence = { freshReadMs: Math.max(...reads) - startedMs, writeMs: writeAtMs - startedMs };
  return { absence, master: { url: cell.master.url, child } };
}

type Asked = ReturnType<typeof request>;

/** Asks until the answer is 200, and tells when it was. Infinity if it never came. */
async function firstAnswer(ask: () => Asked): Promise<number> {
  const untilMs = machineMs() + BACK_MS;
  while (machineMs() < untilMs) {
    const answer = await ask().catch(() => undefined);
    await answer?.body.dump();
    if (answer?.statusCode === 200) return machineMs();
    await pause(ASK_EVERY_MS);
  }
  return Number.POSITIVE_INFINITY;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

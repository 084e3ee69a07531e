import type { Clock } from "../../shared/ports/clock.js";
import type { Stretch } from "../check/slow-writes.js";
import { isReady } from "../cluster/member.js";
import { eventually } from "../cluster/within.js";
import type { ChaosCell } from "./chaos-cell.js";
import type { LibraryPlayers } from "./library-players.js";
import { LIBRARY_PROCESSES, PROXIES } from "./plan.js";
import type { Struck } from "./trouble.js";

const READY_MS = 10_000;
/** Long enough for the cell to end the sessions of who is stopped, and to give their locks to others. */
const STOPPED_MS = 9_500;
/** Until everybody who still watches must have been told of that. By then the dead must have been found, too. */
const TOLD_MS = 5_500;

/** What was done to a cell when all was well. */
export interface Finale {
  /** When its proxies were restarted one by one. */
  readonly rolling: Stretch;
  readonly still: readonly Struck[];
}

export const NO_FINALE: Finale = { rolling: { fromMs: 0, untilMs: 0 }, still: [] };

export interface FinaleParts {
  readonly cell: ChaosCell;
  readonly library: LibraryPlayers;
  readonly clock: Clock;
  readonly say: (what: string) => void;
  readonly onMishap: (who: string, what: string) => void;
}

/**
 * What shall be seen in each run, where nothing else is wrong: a restart of all proxies, as an operator does it to have a
 * new version; the death of one process with sessions; and a stop of another for longer than its leases.
 */
export async function finale({ cell, library, clock, say, onMishap }: FinaleParts): Promise<Finale> {
  say("all is well; every proxy is asked to stop and started again, one after the other");
  const fromMs = clock.monotonicMs();
  for (const proxy of PROXIES) {
    await cell.processes.get(proxy)?.renew();
    const ready = eventually(READY_MS, () => isReady(cell.direct[proxy] as string), `${proxy} was not ready`);
    await ready.catch((error: Error) => onMishap("convergence", error.message));
  }
  const rolling = { fromMs, untilMs: clock.monotonicMs() };
  const [dead, who] = LIBRARY_PROCESSES;
  say(`${dead} dies without a word, and ${who} is stopped for longer than its leases`);
  await library.abandon(dead);
  const fault = { kind: "pause", who, forMs: STOPPED_MS, atMs: clock.monotonicMs() } as const;
  await library.processes.get(who)?.standStill(STOPPED_MS);
  const stopped = { fault, fromMs: fault.atMs, untilMs: clock.monotonicMs() };
  await new Promise<void>((resolve) => clock.after(TOLD_MS, resolve));
  return { rolling, still: [stopped] };
}

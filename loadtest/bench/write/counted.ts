import { scrape } from "../../cluster/metrics.js";

/** What the master counted. */
export interface Counted {
  /** Rounds opened. */
  readonly rounds: number;
  /** Acks that it was owed, and got. */
  readonly acks: number;
}

/** Does something, and gives what the master counted meanwhile beside its result. */
export async function counting<T>(masterUrl: string, work: () => Promise<T>): Promise<{ result: T; counted: Counted }> {
  const before = await countersOf(masterUrl);
  const result = await work();
  const after = await countersOf(masterUrl);
  return { result, counted: { rounds: after.rounds - before.rounds, acks: after.acks - before.acks } };
}

async function countersOf(masterUrl: string): Promise<Counted> {
  const metrics = await scrape(masterUrl);
  const rounds = metrics.sum("octofleet_master_rounds");
  const acks = metrics.sum("octofleet_master_acks");
  if (rounds === undefined || acks === undefined) throw new Error("the master does not tell its rounds and acks.");
  return { rounds, acks };
}

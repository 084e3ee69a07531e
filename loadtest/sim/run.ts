import { type Judgement, judge } from "../check/judge.js";
import { Ledger } from "../check/ledger.js";
import type { TraceLine } from "../check/records.js";
import type { Plan } from "./plan.js";
import { World } from "./world.js";

/** What came of playing a plan. The same plan gives the same, to the letter. */
export interface Run extends Judgement {
  readonly simulatedMs: number;
  readonly operations: number;
  /** Of how many of them nobody learned the outcome. */
  readonly unknown: number;
  /** What went wrong, by kind, and how often. */
  readonly faults: Readonly<Record<string, number>>;
  readonly trace: readonly TraceLine[];
}

/** Plays a plan and judges what its clients were told. With `tracing`, what happened is written down for people. */
export async function run(plan: Plan, { tracing = false }: { tracing?: boolean } = {}): Promise<Run> {
  const world = new World(plan, { tracing });
  const { records, clock, disk } = world;
  await whileNothingCrashes(
    () => world.play(),
    (what) => records.mishap("crash", what),
  );
  const endMs = clock.monotonicMs();
  disk.crash("machine");
  const ledger = await disk
    .open()
    .then((store) => Ledger.read(store))
    .catch((error: Error) => {
      records.mishap("P4 nothing lost", `The disk cannot be trusted: ${error.message}`);
      return undefined;
    });
  const evidence = records.evidence();
  const budgets = new Map(plan.proxies.map(({ name, fillKeysPerS }) => [name, fillKeysPerS]));
  const users = new Map(plan.clients.map(({ name, user }) => [name, user]));
  const userOf = (client: string): string => users.get(client) ?? client;
  return {
    ...judge({ evidence, ledger, endMs, userOf, fillKeysPerS: (proxy) => budgets.get(proxy) ?? 0 }),
    simulatedMs: endMs,
    operations: evidence.locks.length + evidence.stale.length,
    unknown: evidence.locks.filter(({ result }) => result === undefined).length,
    faults: world.faultCounts(),
    trace: records.trace,
  };
}

/** What is thrown, and what is rejected and heard by nobody, is a mistake of the program. */
async function whileNothingCrashes(play: () => Promise<void>, onCrash: (what: string) => void): Promise<void> {
  const onRejection = (reason: unknown): void =>
    onCrash(`A promise was rejected, and nobody heard it: ${messageOf(reason)}`);
  process.on("unhandledRejection", onRejection);
  try {
    await play();
  } catch (error) {
    onCrash(`Something threw: ${messageOf(error)}`);
  } finally {
    process.off("unhandledRejection", onRejection);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

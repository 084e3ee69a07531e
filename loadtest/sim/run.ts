import { LIMITS } from "../../shared/protocol/limits.js";
import type { Trouble } from "../check/dead-clients.js";
import { type Judgement, judge } from "../check/judge.js";
import { Ledger } from "../check/ledger.js";
import type { TraceLine } from "../check/records.js";
import type { Plan } from "./plan.js";
import { World } from "./world.js";

const AFTERMATH_MS = 20_000;
/** A way that takes longer may hide for long what has happened. */
const SLOW_MS = 50;
/** How long proxies may take to be back at a master that was started again. */
const REGISTERED_MS = 500;

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
  const { graceMs } = plan;
  const troubles = { troubles: troublesOf(plan), busTroubles: busTroublesOf(plan) };
  return {
    ...judge({
      evidence,
      ledger,
      endMs,
      graceMs,
      ...troubles,
      userOf,
      fillKeysPerS: (proxy) => budgets.get(proxy) ?? 0,
    }),
    simulatedMs: endMs,
    operations: evidence.locks.length + evidence.stale.length + evidence.lists.length,
    unknown: evidence.locks.filter(({ result }) => result === undefined).length,
    faults: world.faultCounts(),
    trace: records.trace,
  };
}

/** When something was wrong, with what it leaves behind: a process that starts has to register first. */
function troublesOf({ faults, noise, faultsForMs }: Plan): Trouble[] {
  const isNoisy = noise.link.lostBeforeRatio + noise.link.lostAfterRatio + noise.client.lossRatio > 0;
  const isSlow = Math.max(noise.link.delayMs, noise.client.delayMs, noise.socket.delayMs) > SLOW_MS;
  if (isNoisy || isSlow) return [{ fromMs: 0, untilMs: faultsForMs + AFTERMATH_MS }];
  // A master that has just started gives everybody the time to come (rule S5).
  const start = { fromMs: 0, untilMs: LIMITS.proxyLeaseMs + 500 };
  const struck = faults.map((fault): Trouble => {
    if (fault.kind === "crash" && fault.who === "master") return restartOf(fault);
    const lastsMs = "forMs" in fault ? fault.forMs : "downMs" in fault ? fault.downMs : 0;
    return { fromMs: fault.atMs, untilMs: Math.min(fault.atMs + lastsMs, faultsForMs) + AFTERMATH_MS };
  });
  return [start, ...struck];
}

function busTroublesOf({ noise: { bus }, faultsForMs }: Plan): Trouble[] {
  const isBad = bus.lossRatio > 0 || bus.delayMs > SLOW_MS;
  return isBad ? [{ fromMs: 0, untilMs: faultsForMs + AFTERMATH_MS }] : [];
}

/** Until the proxies may have been silent for as long as the master allows them then (rule S5). */
const restartOf = ({ atMs, downMs }: { atMs: number; downMs: number }): Trouble => ({
  ...{ fromMs: atMs, untilMs: atMs + downMs + LIMITS.proxyLeaseMs / LIMITS.driftFactor + REGISTERED_MS },
  isRestart: true,
});

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

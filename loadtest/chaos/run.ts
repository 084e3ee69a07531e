import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { journalDirectory } from "../../cli/run-master.js";
import { openLevelStore } from "../../master/journal/level-store.js";
import { Ledger } from "../check/ledger.js";
import type { TraceLine } from "../check/records.js";
import { Dice } from "../clients/dice.js";
import { asToldOverHttp } from "../clients/http-answers.js";
import { type Cleanup, withCleanup } from "../cluster/cleanup.js";
import { isReady } from "../cluster/member.js";
import { eventually, within } from "../cluster/within.js";
import type { Plant } from "../sim/plants/plant.js";
import { plantTree } from "../sim/plants/planted-tree.js";
import { type Assessment, assess } from "./assess.js";
import { type ChaosCell, startChaosCell } from "./chaos-cell.js";
import { finale, NO_FINALE } from "./finale.js";
import { LIBRARY_USERS, type LibraryPlayers, startLibraryPlayers } from "./library-players.js";
import type { Mortal } from "./mortal.js";
import { Operator, tokenLines } from "./operator.js";
import type { Plan } from "./plan.js";
import { KEEPER, type Players, ROAMING_USER, startPlayers, WRITERS } from "./players.js";
import { machineNs, runClock } from "./run-clock.js";
import { type Struck, Trouble } from "./trouble.js";

const LOCKS = ["chaos/a", "chaos/b", "chaos/c"];
/** Those that sessions take, and everybody reads. */
const SESSION_LOCKS = ["app/leader", "app/job"];
/** By then everything must be well again once nothing goes wrong any more. */
export const CONVERGES_WITHIN_MS = 20_000;

export interface ChaosRun extends Assessment {
  readonly plan: Plan;
  readonly struck: readonly Struck[];
  /** How long it took until all was well again; undefined: it never was. */
  readonly convergedMs: number | undefined;
  /** Why there were no partitions, if there were none. */
  readonly noNetwork: string | undefined;
}

/** Plays a plan on a cell of real processes, and judges what their clients were told. The cell may have a bug planted. */
export function runChaos(plan: Plan, plant?: Plant): Promise<ChaosRun> {
  return withCleanup(async (cleanup) => {
    if (plant === undefined) return await play(plan, undefined, cleanup);
    return await play(plan, join(await plantTree(cleanup, plant), "dist", "cli", "main.js"), cleanup);
  });
}

async function play(plan: Plan, cli: string | undefined, cleanup: Cleanup): Promise<ChaosRun> {
  const begunNs = machineNs();
  const clock = runClock(begunNs);
  const mishaps: TraceLine[] = [];
  const onMishap = (who: string, what: string): void => void mishaps.push({ atMs: clock.monotonicMs(), who, what });
  const tokens = Object.fromEntries(
    [KEEPER, ROAMING_USER, ...WRITERS, ...LIBRARY_USERS].map((user) => [user, randomBytes(16).toString("hex")]),
  );
  say("starting nats-server, a master and three proxies");
  const parts = { clock, cleanup, cli, onMishap: (who: string, what: string) => onMishap("crash", `${who}: ${what}`) };
  const random = new Dice(`chaos links ${plan.seed}`);
  const cell = await startChaosCell({ ...parts, random, tokens: tokenLines(tokens, Object.keys(tokens)) });
  const operator = new Operator({ cell, clock, tokens });
  const fromMs = clock.monotonicMs();
  const { direct } = cell;
  const seed = `chaos ${plan.seed}`;
  const players = await startPlayers(cleanup, (player) => ({
    ...{ begunNs, tokens, direct, seed, linked: cell.linked(player) },
    ...{ locks: LOCKS, readLocks: [...LOCKS, ...SESSION_LOCKS] },
  }));
  const library = await startLibraryPlayers({
    ...{ clock, cleanup, onMishap: parts.onMishap.bind(undefined, "client") },
    plan: { begunNs, seed, tokens, locks: [...SESSION_LOCKS, LOCKS[0] as string], proxies: cell.named },
  });
  const processes = new Map<string, Mortal>([...cell.processes, ...library.processes]);
  const saySoFar = (what: string): void => say(`${((clock.monotonicMs() - fromMs) / 1_000).toFixed(1)} s: ${what}`);
  const onLost = (what: string): void => onMishap("crash", what);
  const trouble = new Trouble({ cell, processes, clock, onStruck: saySoFar, onMishap: onLost });
  trouble.start(plan.faults.map((fault) => ({ ...fault, atMs: fromMs + fault.atMs })));
  let isOver = false;
  const operating = operator.run(new Dice(`chaos operator ${plan.seed}`), WRITERS, () => isOver);
  operating.catch((error: Error) => onMishap("crash", `operator: ${error.message}`));
  await new Promise<void>((resolve) => clock.after(plan.healAtMs, resolve));
  isOver = true;
  saySoFar("all is healed");
  const healedMs = clock.monotonicMs();
  const isWell = await converge({ trouble, players, library, operating, cell, onMishap });
  const wellMs = clock.monotonicMs();
  const { rolling, still } = isWell ? await finale({ cell, library, clock, say: saySoFar, onMishap }) : NO_FINALE;
  await library.finish();
  const untilMs = clock.monotonicMs();
  const reports = await players.report();
  const libraries = await library.report();
  const wallAheadMs = Date.now() - clock.monotonicMs();
  const ledger = await readLedger(cell, onMishap);
  saySoFar("all is over; the judgement");
  const struck = [...trouble.struck, ...still];
  const lifeEnds = new Map([...cell.processes].map(([name, { ends }]) => [name, ends]));
  const assessment = assess({
    ...{ reports, libraries, ledger, wallAheadMs, struck, rolling, lifeEnds },
    own: { tokens: operator.changes, mishaps },
    ...{ phase: { fromMs, untilMs: wellMs }, endMs: untilMs },
  });
  return {
    ...{ plan, struck, ...assessment },
    convergedMs: isWell ? wellMs - healedMs : undefined,
    noNetwork: typeof cell.network === "string" ? cell.network : undefined,
  };
}

const say = (what: string): void => void process.stderr.write(`chaos: ${what}\n`);

interface Converging {
  readonly trouble: Trouble;
  readonly players: Players;
  readonly library: LibraryPlayers;
  readonly operating: Promise<void>;
  readonly cell: ChaosCell;
  readonly onMishap: (who: string, what: string) => void;
}

/** Waits until all is as it should be. Says whether it came to that in time. */
async function converge({ trouble, players, library, operating, cell, onMishap }: Converging): Promise<boolean> {
  const untilMs = performance.now() + CONVERGES_WITHIN_MS;
  const leftMs = (): number => Math.max(1, untilMs - performance.now());
  const ready = async (): Promise<void> => {
    for (const [door, url] of Object.entries(cell.direct))
      await eventually(leftMs(), () => isReady(url), `${door} was not ready`);
  };
  const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["every process to be up", () => trouble.heal()],
    ["every write to be answered", () => players.finish()],
    ["every token to be back in force", () => operating],
    ["every door to be ready", ready],
    ["every session to be safe", () => library.settle()],
    ["a fresh read of every lock at every door", () => players.look()],
  ];
  try {
    for (const [what, act] of steps) await within(leftMs(), act(), `waited in vain for ${what}; it did not come`);
    return true;
  } catch (error) {
    onMishap("convergence", (error as Error).message);
    return false;
  }
}

/** Kills the master, and reads what it has on disk. */
async function readLedger(cell: ChaosCell, onMishap: Converging["onMishap"]): Promise<Ledger | undefined> {
  await cell.processes.get("master")?.end();
  try {
    return await Ledger.read(await openLevelStore(journalDirectory(cell.data)), asToldOverHttp);
  } catch (error) {
    onMishap("P4 nothing lost", `The disk cannot be trusted: ${(error as Error).message}`);
    return undefined;
  }
}

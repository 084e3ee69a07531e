import { writeFile } from "node:fs/promises";
import { wholeNumber } from "../../cli/values.js";
import { readyFile } from "../out.js";
import { command, option, runProgram } from "../program.js";
import { plantNamed } from "../sim/plants/plants.js";
import { describeFault } from "./plan.js";
import { randomPlan } from "./random-plan.js";
import { failureText, textOf } from "./report.js";
import { type ChaosRun, runChaos } from "./run.js";

interface Flags {
  readonly seconds: number;
  readonly seed: number;
  readonly json?: string;
  readonly plan?: boolean;
  readonly plant?: string;
}

const program = command("chaos")
  .description(
    "Starts a cell of separate processes (nats-server, a master, three proxies, clients) with a faulty link wherever " +
      "two of them talk. Kills, stops and restarts them, and lets the links delay, lose, hold back, slow down, reset " +
      "and refuse, as the seed has it; then heals all, and checks what the clients were told against the promises. " +
      "Exit code 0 only if no promise was broken and all was well again in time.",
  )
  .option(
    "--seconds <number>",
    "how long, with the healing; a start and a judgement come on top",
    option(wholeNumber(5, 600)),
    60,
  )
  .option("--seed <number>", "the same seed plans the same faults", option(wholeNumber(0, 2 ** 31)), 1)
  .option("--json <file>", "write the result there as well")
  .option("--plant <name>", "plant a bug of `npm run sim -- --plants` in a copy of the sources first, and run that")
  .option("--plan", "only print what would go wrong, and when")
  .action(chaos);

async function chaos({ seconds, seed, json, plant, plan: isOnlyPlan }: Flags): Promise<void> {
  const plan = randomPlan(seed, seconds);
  const replayFlags = `--seconds ${seconds} --seed ${seed}${plant === undefined ? "" : ` --plant ${plant}`}`;
  if (isOnlyPlan === true) {
    for (const fault of plan.faults)
      process.stdout.write(`${(fault.atMs / 1_000).toFixed(1).padStart(6)} s  ${describeFault(fault)}\n`);
    return;
  }
  if (json !== undefined) await readyFile("--json", json);
  const run = await runChaos(plan, plant === undefined ? undefined : plantNamed(plant));
  process.stdout.write(`${textOf(run)}\n`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(run, undefined, 1)}\n`);
  if (run.findings.length > 0) process.stdout.write(`\n${failureText(run, `npm run chaos -- ${replayFlags}`)}\n`);
  process.exitCode = isGood(run) ? 0 : 1;
}

const isGood = ({ findings, undecided, convergedMs }: ChaosRun): boolean =>
  findings.length === 0 && !undecided && convergedMs !== undefined;

await runProgram(program);

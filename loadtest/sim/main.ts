import { wholeNumber } from "../../cli/values.js";
import { command, option, runProgram } from "../program.js";
import { ProgressLine } from "../progress-line.js";
import { commitName } from "../report/commit.js";
import { failureText } from "./failure.js";
import type { Plan } from "./plan.js";
import { runPlant, runPlants } from "./plants/run-plants.js";
import { randomPlan } from "./random-plan.js";
import { type Run, run } from "./run.js";
import { SCENARIOS, scenarioPlan } from "./scenarios/scenarios.js";
import { Tally } from "./tally.js";

interface Flags {
  readonly seeds: number;
  readonly from: number;
  readonly seed?: number;
  readonly scenario?: string;
  readonly json?: boolean;
  readonly plants?: boolean;
  readonly plant?: string;
}

const SEED = wholeNumber(0, 2 ** 31);
/** So many failures are made small and told; of more, only the seeds. */
const TOLD_MAX = 3;

const program = command("sim")
  .description(
    "Runs whole cells (production code) in simulated time, with simulated clocks, bus, link and disk that fail as " +
      "the seed has it, and checks what their clients were told. Exit code 0 only if nothing was found.",
  )
  .option("--seeds <number>", "how many seeds", option(wholeNumber(1, 10_000_000)), 100)
  .option("--from <seed>", "the first of them", option(SEED), 1)
  .option("--seed <seed>", "one seed only", option(SEED))
  .option("--scenario <name>", "a named race instead of a seed; `list` names them, `all` runs them")
  .option("--json", "print one run as JSON: the same seed and commit give the same bytes")
  .option("--plants", "plant each bug of a list in a copy of the sources: exit code 0 only if every one is found")
  .option("--plant <name>", "plant one of them, and show the failure that it causes, in --seed or in the first seed")
  .action(sim);

async function sim(flags: Flags): Promise<void> {
  if (flags.scenario === "list") {
    for (const { name, rule, text } of SCENARIOS)
      process.stdout.write(`${name.padEnd(32)} ${rule.padEnd(8)} ${text}\n`);
  } else if (flags.plants === true) process.exitCode = (await runPlants()) ? 0 : 1;
  else if (flags.plant !== undefined) process.exitCode = (await runPlant(flags.plant, flags.seed)) ? 0 : 1;
  else if (flags.scenario !== undefined) await scenarios(flags.scenario, flags.json === true);
  else if (flags.seed !== undefined) await one(randomPlan(flags.seed), `--seed ${flags.seed}`, flags.json === true);
  else if (flags.json === true) throw new Error("--json prints one run: name it with --seed or --scenario.");
  else await many(flags);
}

async function many({ seeds, from }: Flags): Promise<void> {
  const line = new ProgressLine();
  const tally = new Tally();
  for (let seed = from; seed < from + seeds; seed++) {
    const plan = randomPlan(seed);
    const result = await run(plan);
    tally.add(result);
    if (result.findings.length > 0) await tell(plan, result, `--seed ${seed}`, tally.failed <= TOLD_MAX);
    line.say(tally.progress(seeds));
  }
  line.end(tally.progress(seeds));
  process.stdout.write(`${tally.text()}\n`);
  process.exitCode = tally.failed === 0 ? 0 : 1;
}

async function scenarios(name: string, json: boolean): Promise<void> {
  const names = name === "all" ? SCENARIOS.map((scenario) => scenario.name) : [name];
  for (const each of names) await one(scenarioPlan(each), `--scenario ${each}`, json);
}

async function one(plan: Plan, flags: string, json: boolean): Promise<void> {
  const result = await run(plan, { tracing: json });
  if (json) process.stdout.write(`${JSON.stringify({ commit: commitName(), plan, ...result }, undefined, 1)}\n`);
  else if (result.findings.length > 0) await tell(plan, result, flags, true);
  else process.stdout.write(`${flags}: nothing was found (${result.operations} operations).\n`);
  if (result.findings.length > 0) process.exitCode = 1;
}

async function tell(plan: Plan, { findings }: Run, flags: string, atLength: boolean): Promise<void> {
  const [first] = findings;
  if (first === undefined) return;
  const replay = `npm run sim -- ${flags}`;
  const text = atLength ? await failureText(plan, first, replay) : `${first.promise} was broken: ${replay}`;
  process.stdout.write(`\n${text}\n`);
}

await runProgram(program);

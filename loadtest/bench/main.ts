import { BadValue, matching, wholeNumber } from "../../cli/values.js";
import { command, option, runProgram } from "../program.js";
import { benchRead, type ReadBenchSettings } from "./read.js";
import { passes, verdictText } from "./verdict.js";

const ratio = (text: string): number => {
  const value = Number(matching(/^\d(\.\d+)?$/, "a number such as 0.80")(text));
  if (value > 1) throw new BadValue("above 1");
  return value;
};

const program = command("bench").description("Benchmarks of Octofleet, each with a cell of processes of its own.");

program
  .command("read")
  .description(
    "a cached GET /locks/{name} at a proxy, beside a floor program that sends the same body as a constant. " +
      "Exit code 1 below the bar, and if an answer was no cache hit.",
  )
  .option("--pairs <number>", "how often proxy and floor are shot at in turns", option(wholeNumber(1, 100)), 5)
  .option("--seconds <number>", "how long each time", option(wholeNumber(1, 600)), 3)
  .option("--connections <number>", "of autocannon", option(wholeNumber(1, 1_000)), 100)
  .option("--bar <ratio>", "CPU time per request, floor / proxy: the least that passes", option(ratio), 0.8)
  .option("--out <file>", "where the result is written as JSON", "reports/bench-read.json")
  .action(async (settings: ReadBenchSettings) => {
    const verdict = await benchRead(settings);
    process.stdout.write(`\n${verdictText(verdict, settings.bar)}\n`);
    process.exitCode = passes(verdict, settings.bar) ? 0 : 1;
  });

await runProgram(program);

import { Argument, Option } from "commander";
import { wholeNumber } from "../../cli/values.js";
import { LOADS } from "../loads/loads.js";
import { readyDirectory } from "../out.js";
import { command, option, runProgram } from "../program.js";
import { type ProfileSettings, profile } from "./profile.js";

const loads = LOADS.map(({ name, operation }) => `  ${name.padEnd(14)}${operation}`).join("\n");

const program = command("profile")
  .description("Where a process's time goes under one kind of load: a flame graph as a page, and a table of functions.")
  .addArgument(new Argument("<load>", "the kind of load").choices(LOADS.map(({ name }) => name)))
  .addOption(new Option("--of <process>", "whose time").choices(["proxy", "master"]).default("proxy"))
  .option("--seconds <number>", "how long it is sampled", option(wholeNumber(1, 600)), 8)
  .option("--out <directory>", "gets the page and the .cpuprofile", "reports/profile")
  .addHelpText("after", `\nLoads:\n${loads}`)
  .action(async (name: string, settings: ProfileSettings) => {
    await readyDirectory("--out", settings.out);
    process.stdout.write(`\n${await profile(name, settings)}\n`);
  });

await runProgram(program);

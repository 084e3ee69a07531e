import { writeFile } from "node:fs/promises";
import { wholeNumber } from "../cli/values.js";
import { type LoadSettings, runLoad } from "./load-run.js";
import { command, option, runProgram } from "./program.js";
import { agrees, comparisonsOf } from "./report/counts.js";
import { jsonOf } from "./report/json.js";
import { textOf } from "./report/text.js";

type Flags = LoadSettings & { readonly json?: string };

const program = command("loadtest")
  .description(
    "Starts a cell of separate processes with a real nats-server, drives it with the request mix that Chubby's " +
      "authors measured, first directly at the master and then through the proxies, and shows what the master was " +
      "spared. Exit code 1 if a request failed, or if the processes counted other requests than were sent.",
  )
  .option("--clients <number>", "clients, each with a session of its own", option(wholeNumber(1, 20_000)), 200)
  .option("--proxies <number>", "proxies", option(wholeNumber(1, 32)), 2)
  .option("--seconds <number>", "how long each half takes", option(wholeNumber(1, 3_600)), 10)
  .option(
    "--rate <number>",
    "client operations a second, all clients together",
    option(wholeNumber(1, 200_000)),
    10_000,
  )
  .option("--seed <number>", "the same seed does the same work", option(wholeNumber(0, 2 ** 31)), 1)
  .option("--drivers <number>", "processes that play the clients", option(wholeNumber(1, 16)), 1)
  .option("--json <file>", "write the result there as well")
  .action(loadtest);

async function loadtest({ json, ...settings }: Flags): Promise<void> {
  const run = await runLoad(settings);
  process.stdout.write(`\n${textOf(run)}\n`);
  if (json !== undefined) await writeFile(json, jsonOf(settings, run));
  const failed = [run.direct, run.proxied].some(({ outcome }) =>
    Object.values(outcome.kinds).some((kind) => kind.failed),
  );
  process.exitCode = !failed && comparisonsOf(run).every(agrees) ? 0 : 1;
}

await runProgram(program);

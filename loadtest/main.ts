import { anyText, matching, wholeNumber } from "../cli/values.js";
import { LiveView } from "./live-view.js";
import { type LoadSettings, runLoad } from "./load-run.js";
import { ratePerClient } from "./mixes/mix.js";
import { mixOf } from "./mixes/mixes.js";
import { command, option, runProgram } from "./program.js";
import { reportOf } from "./report/report.js";
import type { Report } from "./report/schema.js";
import { textOf } from "./report/text.js";
import { writeReports } from "./report/write.js";

type Flags = Omit<LoadSettings, "mix"> & {
  readonly mix: string;
  readonly out?: string;
  readonly sweep?: readonly number[];
};

const SESSION_LEASE_S = 12;
const CLIENTS_MAX = 100_000;

const clientCounts = (text: string): number[] =>
  matching(
    /^clients=\d+(,\d+)*$/,
    "of the form clients=500,2000,8000",
  )(text)
    .slice("clients=".length)
    .split(",")
    .map(wholeNumber(1, CLIENTS_MAX));

const program = command("loadtest")
  .description(
    "Starts two cells of separate processes with a real nats-server each, and does the same client work at once " +
      "directly at the master of one and through the proxies of the other; shows what the master was spared. Exit " +
      "code 1 if it does not pass: an operation failed, a session was lost, the processes counted other requests " +
      "than were sent, a promise was broken, or the load was not kept up with.",
  )
  .option(
    "--mix <name>",
    "chubby, keepalive, discovery, churn, election, or a file of JSON that holds a mix",
    option(anyText),
    "chubby",
  )
  .option("--clients <number>", "clients, each with a session of its own", option(wholeNumber(1, CLIENTS_MAX)), 500)
  .option("--proxies <number>", "proxies", option(wholeNumber(1, 32)), 2)
  .option("--seconds <number>", "how long is measured", option(wholeNumber(1, 3_000)), 30)
  .option("--seed <number>", "the same seed does the same work", option(wholeNumber(0, 2 ** 31)), 1)
  .option("--out <directory>", "gets report.json and report.html", option(anyText))
  .option(
    "--open-loop <rate>",
    "client operations a second, all clients together, instead of real rates; latencies then count from when an " +
      "operation should have begun",
    option(wholeNumber(1, 500_000)),
  )
  .option(
    "--warm-up <seconds>",
    "how long everything runs before; a session lease by default",
    option(wholeNumber(0, 300)),
    SESSION_LEASE_S,
  )
  .option("--sweep <numbers>", "runs one after another, such as clients=500,2000,8000", option(clientCounts))
  .action(loadtest);

async function loadtest({ mix: name, out, sweep, ...flags }: Flags): Promise<void> {
  const mix = await mixOf(name);
  const reports: Report[] = [];
  for (const clients of sweep ?? [flags.clients]) {
    const settings = { ...flags, mix, clients };
    refuseSlowLoop(settings);
    const startedAt = new Date();
    const report = reportOf(settings, await runLoad(settings, new LiveView()), startedAt);
    reports.push(report);
    process.stdout.write(`\n${textOf(report)}\n`);
    if (out !== undefined) await writeReports(out, reports);
  }
  process.exitCode = reports.every(({ pass }) => pass) ? 0 : 1;
}

/** Slower than real clients, sessions would run out between their KeepAlives. */
function refuseSlowLoop({ mix, clients, openLoop }: LoadSettings): void {
  const realPerS = ratePerClient(mix) * clients;
  if (openLoop === undefined || openLoop >= realPerS) return;
  program.error(`error: --open-loop is below the ${Math.ceil(realPerS)} a second that so many clients do anyway.`);
}

await runProgram(program);

import { anyText, BadValue, httpOrigin, matching, wholeNumber } from "../cli/values.js";
import { LIMITS } from "../shared/protocol/limits.js";
import { LiveView } from "./live-view.js";
import { runLoad } from "./load-run.js";
import { type Mix, ratePerClient } from "./mixes/mix.js";
import { discovery, mixOf } from "./mixes/mixes.js";
import { readyDirectory } from "./out.js";
import { command, option, runProgram } from "./program.js";
import { reportOf } from "./report/report.js";
import type { Report } from "./report/schema.js";
import { textOf } from "./report/text.js";
import { writeReports } from "./report/write.js";
import type { LoadSettings } from "./sides.js";
import { tokensFrom } from "./target/credentials.js";
import type { RunningCell } from "./target/running-cell.js";
import { runAtTarget } from "./target/target-run.js";
import { measureCapacity } from "./virtual/capacity.js";

type Flags = Omit<LoadSettings, "mix" | "target"> & {
  readonly mix: string;
  readonly failOverEvery?: number;
  readonly out?: string;
  readonly sweep?: readonly number[];
  readonly target?: readonly string[];
  readonly master?: string;
  readonly masterMetrics?: string;
  readonly tokensFile?: string;
  readonly virtualProxies?: number;
  readonly sessionsPerProxy: number;
  readonly locked: number;
  readonly churn: number;
};

const SESSION_LEASE_S = 12;
const CLIENTS_MAX = 100_000;

/** Each once, the fewest first, whatever their order: they are the places of a curve. */
function clientCounts(text: string): number[] {
  const list = matching(/^clients=\d+(,\d+)*$/, "of the form clients=500,2000,8000")(text).slice("clients=".length);
  return [...new Set(list.split(",").map(wholeNumber(1, CLIENTS_MAX)))].toSorted((a, b) => a - b);
}

/** autocannon takes any certificate, and a token is nothing to show to anybody. */
function plainOrigin(text: string): string {
  const origin = httpOrigin(text);
  if (!origin.startsWith("http:")) throw new BadValue("not of the form http://host:port");
  return origin;
}

const oneMore = (text: string, before: readonly string[] = []): readonly string[] => [
  ...new Set([...before, option(plainOrigin)(text)]),
];

const program = command("loadtest")
  .description(
    "Starts two cells of separate processes with a real nats-server each, and does the same client work at once " +
      "directly at the master of one and through the proxies of the other; or does both in turns at a running cell " +
      "(--target). Shows what the master was spared. Exit " +
      "code 1 if it does not pass: an operation failed, a session was lost, the processes counted other requests " +
      "than were sent, a promise was broken, or the load was not kept up with.",
  )
  .option(
    "--mix <name>",
    "chubby, keepalive, discovery, churn, election, or a file of JSON that holds a mix",
    option(anyText),
    "chubby",
  )
  .option("--fail-over-every <seconds>", "with --mix discovery (default: 5)", option(wholeNumber(1, 3_000)))
  .option("--clients <number>", "clients, each with a session of its own", option(wholeNumber(1, CLIENTS_MAX)), 500)
  .option("--proxies <number>", "proxies", option(wholeNumber(1, 32)), 2)
  .option("--seconds <number>", "how long is measured", option(wholeNumber(1, 3_000)), 30)
  .option("--seed <number>", "the same seed does the same work", option(wholeNumber(0, 2 ** 31)), 1)
  .option(
    "--out <directory>",
    "gets report.json and report.html; with --virtual-proxies capacity.json",
    option(anyText),
  )
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
  .option("--target <url>", "the gateway of a proxy of a running cell; once for each of its proxies", oneMore)
  .option("--master <url>", "with --target: the gateway of its master", option(plainOrigin))
  .option("--master-metrics <url>", "where the master's /metrics are, if not at --master", option(plainOrigin))
  .option(
    "--tokens-file <file>",
    "with --target: whom the clients are to be, one name:token or token a line; else OCTOFLEET_STATIC_TOKENS or " +
      "OCTOFLEET_STATIC_TOKENS_FILE",
    option(anyText),
  )
  .option(
    "--virtual-proxies <number>",
    "measures a master alone instead: a generator speaks the link protocol in place of so many proxies with anchored " +
      "sessions; then kills the master, and waits until it has them all again",
    option(wholeNumber(1, 1_000)),
  )
  .option(
    "--sessions-per-proxy <number>",
    "anchored sessions at each virtual proxy",
    option(wholeNumber(1, LIMITS.sessionsPerGatewayMax)),
    10_000,
  )
  .option("--locked <percent>", "of these, how many hold a lock", option(wholeNumber(0, 100)), 0)
  .option("--churn <per-mille>", "of these, how many end and are replaced a second", option(wholeNumber(0, 1_000)), 1)
  .action(async (flags: Flags) => {
    if (flags.out !== undefined) await readyDirectory("--out", flags.out);
    await (flags.virtualProxies === undefined ? loadtest(flags) : capacity(flags));
  });

/** What each of the two kinds of run would ignore. */
const CLIENT_FLAGS = [
  ...["mix", "failOverEvery", "clients", "proxies", "seed", "openLoop", "warmUp", "sweep"],
  ...["target", "master", "masterMetrics", "tokensFile"],
];
const VIRTUAL_FLAGS = ["sessionsPerProxy", "locked", "churn"];

async function capacity({
  virtualProxies: proxies,
  sessionsPerProxy,
  locked,
  churn,
  seconds,
  out,
}: Flags): Promise<void> {
  refuseFlags(CLIENT_FLAGS, "means nothing with --virtual-proxies.");
  const sizes = { proxies: proxies as number, sessionsPerProxy, lockedPercent: locked, churnPerMille: churn, seconds };
  process.exitCode = (await measureCapacity(sizes, out)) ? 0 : 1;
}

function refuseFlags(names: readonly string[], why: string): void {
  for (const one of program.options) {
    const name = one.attributeName();
    const isGiven = program.getOptionValueSource(name) === "cli";
    if (isGiven && names.includes(name)) program.error(`error: ${one.long} ${why}`);
  }
}

async function loadtest({ mix: name, failOverEvery, out, sweep, ...flags }: Flags): Promise<void> {
  refuseFlags(VIRTUAL_FLAGS, "needs --virtual-proxies.");
  if (sweep !== undefined) refuseFlags(["clients"], "is of a single run; with --sweep it is said there.");
  const cell = await runningCell(flags);
  const mix = await chosenMix(name, failOverEvery);
  const reports: Report[] = [];
  const proxies = cell?.gateways.length ?? flags.proxies;
  const runs = (sweep ?? [flags.clients]).map((clients) => ({ ...flags, mix, clients, proxies, target: cell }));
  for (const settings of runs) refuseSlowLoop(settings);
  for (const settings of runs) {
    const startedAt = new Date();
    const view = new LiveView();
    const run = await (cell === undefined ? runLoad(settings, view) : runAtTarget(settings, cell, view));
    const report = reportOf(settings, run, startedAt);
    reports.push(report);
    process.stdout.write(`\n${textOf(report)}\n`);
    if (out !== undefined) await writeReports(out, reports);
  }
  process.exitCode = reports.every(({ pass }) => pass) ? 0 : 1;
}

function chosenMix(name: string, failOverEveryS: number | undefined): Mix | Promise<Mix> {
  if (failOverEveryS === undefined) return mixOf(name);
  if (name === "discovery") return discovery(failOverEveryS);
  return program.error("error: --fail-over-every goes with --mix discovery; in a file it is failOverEveryS.");
}

/** The running cell that the flags name, if they do. */
async function runningCell(flags: Omit<Flags, "mix" | "out" | "sweep">): Promise<RunningCell | undefined> {
  const { target: gateways, master, masterMetrics = master, tokensFile } = flags;
  if (gateways === undefined) return refuseStray({ master, masterMetrics, tokensFile });
  if (program.getOptionValueSource("proxies") !== "default") {
    program.error("error: --proxies is for cells that are started here; each --target is a proxy.");
  }
  if (master === undefined) return program.error("error: --target needs --master, the gateway of the cell's master.");
  const tokens = await tokensFrom(tokensFile, process.env).catch(({ message }: Error) =>
    program.error(`error: ${message}`),
  );
  return { gateways, master, masterMetrics: masterMetrics as string, tokens };
}

function refuseStray(ofTarget: Readonly<Record<string, string | undefined>>): undefined {
  if (Object.values(ofTarget).every((value) => value === undefined)) return;
  program.error("error: --master, --master-metrics and --tokens-file go with --target.");
}

/** Slower than real clients, sessions would run out between their KeepAlives. */
function refuseSlowLoop({ mix, clients, openLoop }: LoadSettings): void {
  const realPerS = ratePerClient(mix) * clients;
  if (openLoop === undefined || openLoop >= realPerS) return;
  program.error(`error: --open-loop is below the ${Math.ceil(realPerS)} a second that ${clients} clients do anyway.`);
}

await runProgram(program);

import type { Command } from "commander";
import { BadValue, matching, wholeNumber } from "../../cli/values.js";
import { LOADS, loadOf } from "../loads/loads.js";
import { readyDirectory, readyFile } from "../out.js";
import { command, option, runProgram } from "../program.js";
import { benchAll, MEDIUM, TINY } from "./all.js";
import { benchCompare } from "./compare/compare.js";
import { benchCosts, type CostSettings } from "./costs/costs.js";
import { benchFailover } from "./failover/failover.js";
import type { FailoverBenchSettings } from "./failover/findings.js";
import { failoverOutcome } from "./failover/outcome.js";
import { benchLocks, type LocksBenchSettings } from "./locks/locks.js";
import { locksOutcome } from "./locks/outcome.js";
import { hasPassed, type Outcome } from "./outcome.js";
import { writePage } from "./page/write-page.js";
import { readOutcome } from "./read/outcome.js";
import { benchRead, type ReadBenchSettings } from "./read/read.js";
import { readWsOutcome } from "./read-ws/outcome.js";
import { benchReadWs, type ReadWsBenchSettings } from "./read-ws/read-ws.js";
import type { SessionBenchSettings } from "./sessions/findings.js";
import { sessionsOutcome } from "./sessions/outcome.js";
import { benchSessions } from "./sessions/sessions.js";
import type { WatchBenchSettings } from "./watch/findings.js";
import { watchOutcome } from "./watch/outcome.js";
import { benchWatch } from "./watch/watch.js";
import { judgedOf, type WriteBenchSettings } from "./write/findings.js";
import { writeOutcome } from "./write/outcome.js";
import { benchWrite } from "./write/write.js";

const ratio = (text: string): number => {
  const value = Number(matching(/^\d(\.\d+)?$/, "a number such as 0.85")(text));
  if (value > 1) throw new BadValue("above 1");
  return value;
};

const factor = (text: string): number => Number(matching(/^\d{1,3}(\.\d+)?$/, "a number such as 2.0")(text));

const ascending = (text: string): number[] => {
  const numbers = text.split(",").map(wholeNumber(1, 1_000));
  if (numbers.some((number, at) => at > 0 && number <= (numbers[at - 1] as number)))
    throw new BadValue("not ascending");
  return numbers;
};

/** Prints what came of a bench, and beside others draws it. */
async function finish(
  title: string,
  outcome: Outcome,
  { out, peers }: { readonly out: string; readonly peers?: boolean },
): Promise<void> {
  process.stdout.write(`\n${outcome.text}\n`);
  if (peers === true) process.stdout.write(`Drawn in ${await writePage(out, title, outcome)}\n`);
  process.exitCode = hasPassed(outcome) ? 0 : 1;
}

const PEERS = (what: string): string => `also measures ${what}, where they are on PATH`;

const COMPARED_SECONDS = 3;

/** Settings of a bench that can be run against another revision. */
type Comparable<Settings> = Settings & { readonly compare?: string };

const compareOption = [
  "--compare <revision>",
  "builds this other revision, and puts the bench's loads on a cell of each in turns, instead of the floor",
] as const;

async function compare(
  revision: string,
  loads: readonly string[],
  { pairs, out, seconds }: { readonly pairs: number; readonly out: string; readonly seconds?: number },
): Promise<void> {
  const settings = { compare: revision, pairs, out, seconds: seconds ?? COMPARED_SECONDS };
  process.stdout.write(`\n${await benchCompare(loads.map(loadOf), settings)}\n`);
}

const loadNames = (text: string): string[] => text.split(",").map((name) => loadOf(name).name);

const EVERY_LOAD = LOADS.map(({ name }) => name);

const program: Command = command("bench")
  .description("Benchmarks of Octofleet, each with a cell of processes of its own.")
  .enablePositionalOptions()
  .usage("[options] [command]")
  .argument("[bench]")
  .hook("preAction", async (_, bench) => {
    const { out } = bench.opts<{ readonly out?: string }>();
    if (out !== undefined) await (bench.name() === "all" ? readyDirectory : readyFile)("--out", out);
  })
  .hook("preSubcommand", () => {
    if (program.getOptionValue("compare") !== undefined)
      program.error("error: --compare stands after the name of a bench, or alone.");
  })
  .option("--compare <revision>", "instead of a bench: builds this other revision, and puts all loads on both in turns")
  .action(async (bench: string | undefined, { compare: revision }: { readonly compare?: string }) => {
    if (bench !== undefined) program.error(`error: unknown command '${bench}'`);
    if (revision === undefined) program.help({ error: true });
    else await compare(revision, EVERY_LOAD, { pairs: 5, out: "reports/bench-compare.json" });
  });

program
  .command("read")
  .description(
    "a cached GET /locks/{name} at a proxy, beside a floor program that sends the same body as a constant. " +
      "Exit code 1 below the bar, and if an answer was no cache hit.",
  )
  .option("--pairs <number>", "how often proxy and floor are shot at in turns", option(wholeNumber(1, 100)), 5)
  .option("--seconds <number>", "how long each time", option(wholeNumber(1, 600)), 3)
  .option("--connections <number>", "of autocannon", option(wholeNumber(1, 1_000)), 100)
  .option("--bar <ratio>", "CPU time per request, floor / proxy: the least that passes", option(ratio), 0.85)
  .option("--peers", PEERS("nginx as a cache of a second, and etcd through its grpc-proxy"))
  .option("--out <file>", "where the result is written as JSON", "reports/bench-read.json")
  .option(...compareOption)
  .action(async (settings: Comparable<ReadBenchSettings>) => {
    if (settings.compare !== undefined) return compare(settings.compare, ["read"], settings);
    await finish("Cached reads", readOutcome(await benchRead(settings), settings.bar), settings);
  });

program
  .command("read-ws")
  .description(
    "a cached read at a proxy over a WebSocket, many at a time, beside a floor program that sends as many bytes, and " +
      "beside the same read over HTTP. Exit code 1 below the bar, and if an answer was no cache hit.",
  )
  .option("--pairs <number>", "how often the three are shot at in turns", option(wholeNumber(1, 100)), 5)
  .option("--seconds <number>", "how long each time", option(wholeNumber(1, 600)), 3)
  .option("--connections <number>", "WebSockets, and connections of autocannon", option(wholeNumber(1, 1_000)), 100)
  .option("--in-flight <number>", "requests under way on each WebSocket", option(wholeNumber(1, 64)), 16)
  .option("--bar <factor>", "CPU time per read, HTTP / WebSocket: the least that passes", option(factor), 2)
  .option("--out <file>", "where the result is written as JSON", "reports/bench-read-ws.json")
  .option(...compareOption)
  .action(async (settings: Comparable<ReadWsBenchSettings>) => {
    if (settings.compare !== undefined) return compare(settings.compare, ["read-ws"], settings);
    await finish("Reads over a WebSocket", readWsOutcome(await benchReadWs(settings), settings.bar), settings);
  });

program
  .command("write")
  .description(
    "a write to a key that N proxies hold, beside its floor: a NATS scatter-gather to N subscribers, then one synced " +
      "append. Writes to a key that nobody holds must cost no round, and a proxy that is paused may stall one write " +
      "for no longer than its lease, and not the next. Exit code 1 above the bar, and if any of this is not so.",
  )
  .option("--proxies <numbers>", "how many hold the key, such as 1,10,50", option(ascending), [1, 10, 50])
  .option(
    "--processes <number>",
    "what they are spread over; the most proxies with a process each are judged",
    option(wholeNumber(1, 100)),
    10,
  )
  .option("--pairs <number>", "how often writes and floor take turns", option(wholeNumber(1, 100)), 15)
  .option("--writes <number>", "how many each time", option(wholeNumber(1, 10_000)), 100)
  .option("--gap <ms>", "how long it is quiet before each; 0: back to back", option(wholeNumber(0, 1_000)), 5)
  .option("--pauses <number>", "how often a proxy is paused", option(wholeNumber(1, 100)), 3)
  .option("--bar <factor>", "p50, write / floor: the most that passes", option(factor), 2)
  .option("--out <file>", "where the result is written as JSON", "reports/bench-write.json")
  .option(...compareOption)
  .action(async (settings: Comparable<WriteBenchSettings>, write: Command) => {
    if (settings.compare !== undefined) return compare(settings.compare, ["write", "write-unheld"], settings);
    if (judgedOf(settings) === undefined) write.error("error: --processes is below each number of --proxies.");
    await finish("Writes", writeOutcome(await benchWrite(settings), settings.bar), settings);
  });

program
  .command("locks")
  .description(
    "sessions at a proxy that acquire and release a lock each, as fast as they are answered, beside a floor program with " +
      "the same hops and one synced append for each write. Exit code 1 below the bar, by CPU time or by throughput.",
  )
  .option("--pairs <number>", "how often cell and floor take turns", option(wholeNumber(1, 100)), 5)
  .option("--seconds <number>", "how long each time", option(wholeNumber(1, 600)), 4)
  .option("--sessions <number>", "that do so at a time", option(wholeNumber(1, 2_000)), 200)
  .option(
    "--bar <ratio>",
    "CPU time per write, floor / cell, and writes/s, cell / floor: the least",
    option(ratio),
    0.6,
  )
  .option("--out <file>", "where the result is written as JSON", "reports/bench-locks.json")
  .option(...compareOption)
  .action(async (settings: Comparable<LocksBenchSettings>) => {
    if (settings.compare !== undefined) return compare(settings.compare, ["locks"], settings);
    await finish("Durable locks", locksOutcome(await benchLocks(settings)), settings);
  });

program
  .command("sessions")
  .description(
    "sessions behind proxies: what they cost the master (nothing that grows with them), a proxy, and a KeepAlive, beside " +
      "a bare server; and what becomes of them and their locks when clients, a proxy and the master are killed. Exit " +
      "code 1 if a bar is missed.",
  )
  .option(
    "--sessions <number>",
    "that hold nothing; over two proxies, then at one",
    option(wholeNumber(20, 200_000)),
    20_000,
  )
  .option("--lease-ms <ms>", "how long each lives without a KeepAlive", option(wholeNumber(5_000, 300_000)), 12_000)
  .option("--seconds <number>", "how long the master is watched each time", option(wholeNumber(2, 600)), 15)
  .option("--pairs <number>", "how often KeepAlives and floor take turns", option(wholeNumber(1, 100)), 7)
  .option(
    "--clients <number>",
    "of the library, whose proxy and master are killed",
    option(wholeNumber(3, 100_000)),
    10_000,
  )
  .option("--locks <number>", "that they hold; as many others wait for them", option(wholeNumber(1, 10_000)), 1_000)
  .option("--mortals <number>", "clients that are killed holding a lock", option(wholeNumber(1, 1_000)), 100)
  .option("--dead-ms <ms>", "how long the master is dead", option(wholeNumber(0, 40_000)), 14_000)
  .option("--peers", PEERS("leases of etcd through its grpc-proxy"))
  .option("--out <file>", "where the result is written as JSON", "reports/bench-sessions.json")
  .option(...compareOption)
  .action(async (settings: Comparable<SessionBenchSettings>, sessions: Command) => {
    if (settings.compare !== undefined)
      return compare(settings.compare, ["sessions", "anchor"], { ...settings, seconds: COMPARED_SECONDS });
    if (2 * settings.locks > settings.clients) sessions.error("error: --locks is above half of --clients.");
    await finish("Sessions", sessionsOutcome(await benchSessions(settings)), settings);
  });

program
  .command("watch")
  .description(
    "from a change of a key until the last of those who watch it over two proxies was told, beside a bare server that " +
      "sends a text to as many sockets; and what one watcher that stops reading changes for the others. Exit code 1 " +
      "above the bar.",
  )
  .option("--watchers <number>", "of the one key", option(wholeNumber(2, 30_000)), 10_000)
  .option("--changes <number>", "in each turn", option(wholeNumber(1, 1_000)), 20)
  .option(
    "--pairs <number>",
    "how often the floor, all watchers, and all beside a stuck one take turns",
    option(wholeNumber(1, 100)),
    5,
  )
  .option("--peers", PEERS("watches of etcd through its grpc-proxies"))
  .option("--out <file>", "where the result is written as JSON", "reports/bench-watch.json")
  .option(...compareOption)
  .action(async (settings: Comparable<WatchBenchSettings>) => {
    if (settings.compare !== undefined) return compare(settings.compare, ["watch"], settings);
    await finish("Watches", watchOutcome(await benchWatch(settings)), settings);
  });

program
  .command("failover")
  .description(
    "how long clients wait when a primary gives up its lock, is killed, or loses its proxy, and when the master is killed " +
      "and started again; a release beside a floor program with the same hops. Exit code 1 if somebody waits for " +
      "longer than is promised.",
  )
  .option("--locks <number>", "whose holders are killed, or lose their proxy", option(wholeNumber(1, 1_000)), 50)
  .option("--lease-ms <ms>", "how long sessions live without a KeepAlive", option(wholeNumber(5_000, 300_000)), 5_000)
  .option("--pairs <number>", "how often releases and the floor take turns", option(wholeNumber(1, 100)), 7)
  .option("--hand-overs <number>", "releases in each turn", option(wholeNumber(1, 10_000)), 200)
  .option("--kills <number>", "how often the master is killed", option(wholeNumber(1, 100)), 3)
  .option("--dead-ms <ms>", "how long it is dead each time", option(wholeNumber(0, 40_000)), 4_000)
  .option("--peers", PEERS("locks of etcd through its grpc-proxy"))
  .option("--out <file>", "where the result is written as JSON", "reports/bench-failover.json")
  .action(async (settings: FailoverBenchSettings) => {
    await finish("Fail-overs", failoverOutcome(await benchFailover(settings)), settings);
  });

interface AllBenchSettings {
  readonly peers?: boolean;
  readonly tiny?: boolean;
  readonly out: string;
}

program
  .command("all")
  .description(
    "all of these, one after the other and of medium size, in about ten minutes, with one table of all bars at " +
      "the end. Exit code 1 if one is missed.",
  )
  .option("--peers", PEERS("what each of them measures of nginx and etcd"))
  .option("--tiny", "of no size at all: shows that they run, and the figures mean nothing")
  .option("--out <directory>", "where results are written as JSON, and drawn as a page", "reports/bench")
  .action(async ({ peers = false, tiny = false, out: directory }: AllBenchSettings) => {
    const what = { sizes: tiny ? TINY : MEDIUM, peers, directory };
    const outcome = await benchAll(what, (text) => process.stdout.write(text));
    await finish("All benches", outcome, { out: `${directory}/bench-all.json`, peers: true });
  });

program
  .command("costs")
  .description("what one operation of each kind costs a proxy and the master: CPU time, calls of the system, bytes.")
  .option("--loads <names>", "which kinds", option(loadNames), EVERY_LOAD)
  .option("--pairs <number>", "how often each is measured", option(wholeNumber(1, 100)), 5)
  .option("--seconds <number>", "how long each time", option(wholeNumber(1, 600)), 3)
  .option(...compareOption)
  .option("--out <file>", "where the result is written as JSON", "reports/bench-costs.json")
  .action(async (settings: Comparable<CostSettings> & { readonly loads: readonly string[] }) => {
    if (settings.compare !== undefined) return compare(settings.compare, settings.loads, settings);
    process.stdout.write(`\n${await benchCosts(settings.loads.map(loadOf), settings)}\n`);
  });

await runProgram(program);

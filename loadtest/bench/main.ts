import type { Command } from "commander";
import { BadValue, matching, wholeNumber } from "../../cli/values.js";
import { command, option, runProgram } from "../program.js";
import { benchRead, type ReadBenchSettings } from "./read/read.js";
import { passes, verdictText } from "./read/verdict.js";
import { benchReadWs, type ReadWsBenchSettings } from "./read-ws/read-ws.js";
import { wsPasses, wsVerdictText } from "./read-ws/verdict.js";
import type { SessionBenchSettings } from "./sessions/findings.js";
import { benchSessions } from "./sessions/sessions.js";
import { sessionsPass } from "./sessions/verdict.js";
import { sessionVerdictText } from "./sessions/verdict-text.js";
import type { WatchBenchSettings } from "./watch/findings.js";
import { watchPasses } from "./watch/verdict.js";
import { watchVerdictText } from "./watch/verdict-text.js";
import { benchWatch } from "./watch/watch.js";
import { judgedOf, type WriteBenchSettings } from "./write/findings.js";
import { writePasses } from "./write/verdict.js";
import { writeVerdictText } from "./write/verdict-text.js";
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
  .option("--bar <ratio>", "CPU time per request, floor / proxy: the least that passes", option(ratio), 0.85)
  .option("--out <file>", "where the result is written as JSON", "reports/bench-read.json")
  .action(async (settings: ReadBenchSettings) => {
    const verdict = await benchRead(settings);
    process.stdout.write(`\n${verdictText(verdict, settings.bar)}\n`);
    process.exitCode = passes(verdict, settings.bar) ? 0 : 1;
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
  .action(async (settings: ReadWsBenchSettings) => {
    const verdict = await benchReadWs(settings);
    process.stdout.write(`\n${wsVerdictText(verdict, settings.bar)}\n`);
    process.exitCode = wsPasses(verdict, settings.bar) ? 0 : 1;
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
  .action(async (settings: WriteBenchSettings, write: Command) => {
    if (judgedOf(settings) === undefined) write.error("error: --processes is below each number of --proxies.");
    const verdict = await benchWrite(settings);
    process.stdout.write(`\n${writeVerdictText(verdict, settings.bar)}\n`);
    process.exitCode = writePasses(verdict) ? 0 : 1;
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
  .option("--out <file>", "where the result is written as JSON", "reports/bench-sessions.json")
  .action(async (settings: SessionBenchSettings, sessions: Command) => {
    if (2 * settings.locks > settings.clients) sessions.error("error: --locks is above half of --clients.");
    const verdict = await benchSessions(settings);
    process.stdout.write(`\n${sessionVerdictText(verdict)}\n`);
    process.exitCode = sessionsPass(verdict) ? 0 : 1;
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
  .option("--out <file>", "where the result is written as JSON", "reports/bench-watch.json")
  .action(async (settings: WatchBenchSettings) => {
    const verdict = await benchWatch(settings);
    process.stdout.write(`\n${watchVerdictText(verdict)}\n`);
    process.exitCode = watchPasses(verdict) ? 0 : 1;
  });

await runProgram(program);

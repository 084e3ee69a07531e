import { Command, CommanderError, Option } from "commander";
import { EXIT_CODES, type ExitError, exitErrorOf, usageError } from "./exit-error.js";
import { backup, compact, dump, verify } from "./journal.js";
import { loadtest } from "./loadtest.js";
import { master } from "./master.js";
import { proxy } from "./proxy.js";
import { type Environment, type Flags, readSettings, unknownVariables } from "./read-settings.js";
import { type CommandName, type Setting, type SettingsOf, settingsOf } from "./settings.js";
import { defaultNote } from "./settings-docs.js";
import { start } from "./start.js";
import type { Terminal } from "./terminal.js";
import { VERSION } from "./version.js";

/** Runs a command with its settings and arguments; resolves with the exit code. */
type Run<C extends CommandName> = (settings: SettingsOf<C>, terminal: Terminal, ...args: string[]) => Promise<number>;

/**
 * Runs `octofleet` with these arguments (without node's and the script's own) and resolves with its exit
 * code. Whatever goes wrong is one line on stderr.
 */
export async function runCommand(
  args: readonly string[],
  environment: Environment,
  terminal: Terminal,
): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(environment, terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = thrown instanceof CommanderError ? usageOf(thrown) : exitErrorOf(thrown);
    terminal.complain(error.message);
    return EXIT_CODES[error.kind];
  }
}

/** Commander's own complaint, less its "error: ". */
function usageOf({ code, message }: CommanderError): ExitError {
  if (code === "commander.help") return usageError("no command was given: add --help to see which there are");
  return usageError(message.replace(/^error: /, "").replaceAll("\n", " "));
}

function buildProgram(environment: Environment, terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command("octofleet")
    .description("A lock service whose master stays calm: proxies carry the KeepAlives and answer the reads.")
    .version(VERSION, "-V, --version", "Show the version")
    .helpOption("-h, --help", "Show this help")
    .helpCommand("help [command]", "Show the help of a command")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.say(text.trimEnd()),
      // What is wrong is told by `runCommand`, in one line.
      outputError: () => {},
      writeErr: () => {},
      getOutHelpWidth: () => terminal.columns,
    });

  function add<C extends CommandName>(
    parent: Command,
    name: string,
    settings: C,
    summary: string,
    run: Run<C>,
  ): Command {
    const command = parent.command(name).copyInheritedSettings(parent).description(`${summary}.`).summary(summary);
    addSettings(command, settings, terminal.columns);
    return command.action(async function (this: Command) {
      warnOfUnknown(environment, terminal);
      exit(await run(readSettings(settings, this.opts<Flags>(), environment), terminal, ...this.args));
    });
  }

  add(program, "start", "start", "Run a whole cell in one process: a master and its proxies", start);
  add(program, "master", "master", "Run the master of a cell", master);
  add(program, "proxy", "proxy", "Run a proxy that joins a master", proxy);
  const journal = program.command("journal").summary("Look after a journal while no master runs on it");
  journal.copyInheritedSettings(program).description("Look after a journal while no master runs on it.");
  add(journal, "verify", "journal", "Read the whole journal and say what is wrong with it", verify);
  add(journal, "dump", "journal", "Print the journal as lines of JSON", dump);
  add(journal, "backup", "journal", "Write a verified copy that a master can start on", backup).argument(
    "<target>",
    "A directory that is empty or not there yet",
  );
  add(journal, "compact", "journal", "Drop what no start needs and give its room back", compact);
  const measure = "Measure on this machine what proxies spare a master";
  program
    .command("loadtest")
    .copyInheritedSettings(program)
    .summary(measure)
    .description(`${measure}.`)
    .usage("[options]")
    // Its options are its own: it tells of them, and of what is wrong with them.
    .helpOption(false)
    .allowUnknownOption()
    .argument("[options...]")
    .action(async (words: string[]) => exit(await loadtest(words)));
  return program;
}

/** The flags of a command; what has none is told of below them. */
function addSettings(command: Command, name: CommandName, columns: number): void {
  const rows = settingsOf(name).map(([, row]) => row);
  for (const row of rows) {
    if (row.flag === undefined) continue;
    const notes = [...defaultNotes(row, name), row.variable];
    command.addOption(new Option(`${row.flag} <${row.placeholder}>`, `${row.help} (${notes.join("; ")})`));
  }
  const secrets = rows.filter((row) => row.flag === undefined);
  if (secrets.length === 0) return;
  const help = command.createHelp();
  help.prepareContext({ helpWidth: columns });
  const width = Math.max(...secrets.map((row) => row.variable.length));
  const items = secrets.map((row) => {
    const notes = defaultNotes(row, name).map((note) => ` (${note})`);
    return help.formatItem(row.variable, width, row.help + notes.join(""), help);
  });
  command.addHelpText("after", ["", "Only from the environment:", ...items].join("\n"));
}

function defaultNotes(row: Setting, name: CommandName): string[] {
  const note = defaultNote(row, name);
  if (note === undefined) return [];
  return [note === "needed" ? note : `default: ${note}`];
}

function warnOfUnknown(environment: Environment, terminal: Terminal): void {
  for (const name of unknownVariables(environment)) terminal.complain(`warning: there is no setting ${name}`);
}

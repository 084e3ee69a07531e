import { Command, CommanderError, Option } from "commander";
import { EXIT_CODES, exitErrorOf, usageError } from "./exit-error.js";
import { backup, compact, dump, verify } from "./journal.js";
import { master } from "./master.js";
import { proxy } from "./proxy.js";
import { type Environment, type Flags, readSettings, unknownVariables } from "./read-settings.js";
import { type CommandName, type SettingsOf, settingsOf } from "./settings.js";
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
const usageOf = (error: CommanderError) => usageError(error.message.replace(/^error: /, "").replaceAll("\n", " "));

function buildProgram(environment: Environment, terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command("octofleet")
    .description("A lock service whose master stays calm: proxies carry the KeepAlives and answer the reads.")
    .version(VERSION, "-V, --version", "show the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.say(text.trimEnd()),
      outputError: () => {}, // told by `runCommand`, in one line
      getOutHelpWidth: () => terminal.columns,
    })
    .action(() => {
      throw usageError("which command? start, master, proxy or journal (octofleet --help says more)");
    });

  function add<C extends CommandName>(
    parent: Command,
    name: string,
    settings: C,
    summary: string,
    run: Run<C>,
  ): Command {
    const command = parent.command(name).copyInheritedSettings(parent).description(`${summary}.`).summary(summary);
    addSettings(command, settings);
    return command.action(async function (this: Command) {
      warnOfUnknown(environment, terminal);
      exit(await run(readSettings(settings, this.opts<Flags>(), environment), terminal, ...this.args));
    });
  }

  add(program, "start", "start", "run a whole cell in one process: a master and its proxies", start);
  add(program, "master", "master", "run the master of a cell", master);
  add(program, "proxy", "proxy", "run a proxy that joins a master", proxy);
  const journal = program.command("journal").description("Look after a journal while no master runs on it.");
  journal.summary("look after a journal: verify, dump, backup, compact").action(() => {
    throw usageError("which one? journal verify, dump, backup or compact (octofleet journal --help says more)");
  });
  add(journal, "verify", "journal", "read the whole journal and say what is wrong with it", verify);
  add(journal, "dump", "journal", "print the journal as lines of JSON", dump);
  add(
    journal,
    "backup",
    "journal",
    "write a verified copy that a master can start on",
    backup as Run<"journal">,
  ).argument("<target>", "a directory that is empty or not there yet");
  add(journal, "compact", "journal", "drop what no start needs and give its room back", compact);
  return program;
}

/** The flags of a command; what has none is told of below them. */
function addSettings(command: Command, name: CommandName): void {
  const variablesOnly: string[] = [];
  for (const [, row] of settingsOf(name)) {
    const note = defaultNote(row, name);
    if (row.flag === undefined) {
      variablesOnly.push(`  ${row.variable}  ${row.help}${note === undefined ? "" : ` (default: ${note})`}`);
    } else {
      const notes = [...(note === undefined ? [] : [note === "needed" ? note : `default: ${note}`]), row.variable];
      command.addOption(new Option(`${row.flag} <${row.placeholder}>`, `${row.help} (${notes.join("; ")})`));
    }
  }
  if (variablesOnly.length > 0)
    command.addHelpText("after", `\nOnly from the environment:\n${variablesOnly.join("\n")}`);
}

function warnOfUnknown(environment: Environment, terminal: Terminal): void {
  for (const name of unknownVariables(environment)) terminal.complain(`warning: there is no setting ${name}`);
}

import { Command, CommanderError, InvalidArgumentError } from "commander";
import { EXIT_CODES } from "../cli/exit-error.js";
import { BadValue, type Parse } from "../cli/values.js";

/** A command whose complaints about its usage are one line, and exit code 2. */
export const command = (name: string): Command =>
  new Command(name).exitOverride().showSuggestionAfterError(false).allowExcessArguments(false);

/** A value of a flag, checked as the settings of `octofleet` are. */
export function option<T>(parse: Parse<T>): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof BadValue) throw new InvalidArgumentError(`It is ${error.message}.`);
      throw error;
    }
  };
}

/** Runs a command to its exit code: the one that it sets, 2 for a usage that is refused, 1 for a failure, without a stack trace. */
export async function runProgram(program: Command): Promise<void> {
  // Whoever read us has gone (a pipe into `head`, a closed window): what was started is ended in good order all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_CODES.usage;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`error: ${message}${adviceOn(message)}\n`);
    process.exitCode = EXIT_CODES.operation;
  }
}

const adviceOn = (message: string): string =>
  message.includes("EMFILE") ? " (No process may have so many files: raise ulimit -n, or take fewer clients.)" : "";

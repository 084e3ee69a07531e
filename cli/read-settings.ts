import { usageError } from "./exit-error.js";
import { type CommandName, REQUIRED, SETTINGS, type Setting, type SettingsOf, settingsOf } from "./settings.js";
import { BadValue } from "./values.js";

export type Environment = Readonly<Record<string, string | undefined>>;
/** What was given as flags, under the keys of the settings. */
export type Flags = Readonly<Record<string, string | undefined>>;

const PREFIX = "OCTOFLEET_";
/** Variables of this project that are read elsewhere. */
const OTHER_VARIABLES = ["OCTOFLEET_NATS_SERVER"];

/**
 * The settings of a command: flag, else variable, else default. An `ExitError` (usage) names the flag or
 * variable whose value is bad, and never shows the value of a secret.
 */
export function readSettings<C extends CommandName>(command: C, flags: Flags, environment: Environment): SettingsOf<C> {
  const values = settingsOf(command).map(([name, row]) => [name, settingOf(command, row, flags[name], environment)]);
  return Object.fromEntries(values) as SettingsOf<C>;
}

function settingOf(command: CommandName, row: Setting, given: string | undefined, environment: Environment): unknown {
  if (given !== undefined && row.flag !== undefined) return parsed(row, row.flag, given);
  const set = environment[row.variable];
  if (set === "" && row.flag === undefined) throw usageError(`${row.variable} is empty: give it a value or unset it`);
  if (set !== undefined && set !== "") return parsed(row, row.variable, set);
  const fallback = row.defaults[command];
  if (fallback === REQUIRED) throw usageError(`${row.flag} <${row.placeholder}> is needed (or ${row.variable})`);
  return typeof fallback === "string" ? row.parse(fallback) : undefined;
}

function parsed(row: Setting, source: string, text: string): unknown {
  try {
    return row.parse(text);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw usageError(`${source}: ${mayShow(row) ? `"${text}"` : "the value"} is ${error.message}`);
  }
}

/** Not secrets, and not addresses in which somebody may have put a password. */
const mayShow = (row: Setting): boolean => row.flag !== undefined && row.placeholder !== "url";

/** The variables that look like ours and are not: a misspelt name would otherwise go unnoticed. */
export function unknownVariables(environment: Environment): string[] {
  const known = new Set([...Object.values(SETTINGS).map((row) => row.variable), ...OTHER_VARIABLES]);
  return Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !known.has(name));
}

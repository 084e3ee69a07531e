import { COMMANDS, type CommandName, REQUIRED, SETTINGS, type Setting } from "./settings.js";

/** What a setting is where it is not given, for `--help` and docs; undefined if there is nothing to say. */
export function defaultNote(row: Setting, command: CommandName): string | undefined {
  const fallback = row.defaults[command];
  if (fallback === REQUIRED) return "needed";
  return typeof fallback === "string" ? fallback : row.otherwise;
}

/** docs/settings.md, whole. */
export function settingsPage(): string {
  const rows = Object.values(SETTINGS).map((row: Setting) => {
    const cells = [row.flag ? `\`${row.flag}\`` : "–", `\`${row.variable}\``, takers(row), defaultNotes(row), row.help];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return [
    "# Settings",
    "",
    "A flag beats its variable, a variable beats the default. Secrets have no flag: every user of a machine can",
    "read its command lines. This page is made from `cli/settings.ts`.",
    "",
    "| flag | variable | commands | default | what it is |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

const takersOf = (row: Setting): CommandName[] => COMMANDS.filter((command) => row.defaults[command] !== undefined);

const takers = (row: Setting): string => takersOf(row).join(", ");

/** Each default once, with the commands that have it where they differ. */
function defaultNotes(row: Setting): string {
  const byNote = new Map<string, CommandName[]>();
  for (const command of takersOf(row)) {
    const note = defaultNote(row, command) ?? "none";
    byNote.set(note, [...(byNote.get(note) ?? []), command]);
  }
  const notes = [...byNote].map(([note, commands]) => [code(note), commands.join(", ")] as const);
  return notes.length === 1
    ? code([...byNote.keys()][0] ?? "")
    : notes.map(([note, who]) => `${note} (${who})`).join(", ");
}

/** Words of ours are plain text, values are code. */
const code = (note: string): string => (/ |^none$|^needed$/.test(note) ? note.replaceAll("<", "&lt;") : `\`${note}\``);

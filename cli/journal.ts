import { readdir } from "node:fs/promises";
import {
  backupJournal,
  compactJournal,
  dumpJournal,
  type JournalReport,
  verifyJournal,
} from "../master/journal/tools.js";
import { checkDataDirectory, openDataDirectory } from "./data-directory.js";
import { EXIT_CODES, operationError } from "./exit-error.js";
import { journalDirectory } from "./run-master.js";
import type { SettingsOf } from "./settings.js";
import type { Terminal } from "./terminal.js";

type JournalSettings = SettingsOf<"journal">;

/** `octofleet journal verify`: 0 if all is well, 1 if anything is damaged. */
export async function verify({ data }: JournalSettings, terminal: Terminal): Promise<number> {
  const report = await verifyJournal(await directoryOf(data));
  terminal.say(reportText(report));
  const flaw = report.refusal ?? (report.damages.length > 0 ? "a part that no start needs is damaged" : undefined);
  if (flaw !== undefined) throw operationError(flaw);
  terminal.say("No damage: a master starts from this journal.");
  return 0;
}

/** `octofleet journal dump`: the journal as lines of JSON, as far as anybody reads them. */
export async function dump({ data }: JournalSettings, terminal: Terminal): Promise<number> {
  for await (const line of dumpJournal(await directoryOf(data))) {
    if (!terminal.say(line)) return EXIT_CODES.operation;
  }
  return 0;
}

/** `octofleet journal backup <target>`: what a master can start on as its data directory. */
export async function backup({ data }: JournalSettings, terminal: Terminal, target: string): Promise<number> {
  await openDataDirectory(target);
  if ((await readdir(target)).length > 0) throw operationError(`${target} is not empty: name a new directory`);
  const lastRevision = await backupJournal(await directoryOf(data), journalDirectory(target));
  terminal.say(`Backed up to ${target}, up to revision ${lastRevision}. A master starts on it with --data ${target}.`);
  return 0;
}

/** `octofleet journal compact`. */
export async function compact({ data }: JournalSettings, terminal: Terminal): Promise<number> {
  const { beforeBytes, afterBytes } = await compactJournal(await directoryOf(data));
  terminal.say(`Compacted: ${mib(beforeBytes)} before, ${mib(afterBytes)} now.`);
  return 0;
}

async function directoryOf(data: string): Promise<string> {
  await checkDataDirectory(data);
  return journalDirectory(data);
}

/** What was found, a line for each thing. */
export function reportText(report: JournalReport): string {
  const { records, firstRevision, lastRevision, snapshots, markRevision, damages, sizeBytes } = report;
  const shown = snapshots.map(({ revision, isGood }) => `${revision}${isGood ? "" : " (damaged)"}`);
  return [
    `size       ${mib(sizeBytes)}`,
    `records    ${records === 0 ? "none" : `${records}, revisions ${firstRevision} to ${lastRevision}`}`,
    `snapshots  ${shown.join(", ") || "none"}`,
    `mark       ${markRevision ?? "none"}`,
    ...damages.map(({ what }) => `damage     ${what}`),
  ].join("\n");
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

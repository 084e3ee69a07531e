import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { openJournal } from "./journal-disk.fixture.js";
import { openLevelStore } from "./level-store.js";
import { tempDirectory } from "./temp-directory.fixture.js";

const DIST = new URL("../../dist/", import.meta.url).href;
const LIVES = 6;
const GROUP = 3;
/** What a process may still own when it has dropped root. */
const NOBODY = 65_534;

/**
 * A process that appends groups of commands, each command its own revision, until something ends it; it says
 * each revision when it is acknowledged, and snapshots now and then. Root lays down its powers first, as
 * modes do not bind it.
 */
const WRITER = `
  import { Journal } from "${DIST}master/journal/journal.js";
  import { openLevelStore } from "${DIST}master/journal/level-store.js";
  import { forNobody } from "${DIST}master/journal/replay.js";
  import { silentLog } from "${DIST}shared/ports/log.js";
  const [directory, as] = process.argv.slice(1);
  if (as === "nobody" && process.getuid() === 0) process.setuid(${NOBODY});
  try {
    const { journal } = await Journal.open(await openLevelStore(directory), silentLog, forNobody);
    console.log("open");
    for (;;) {
      const last = await journal.append(Array.from({ length: ${GROUP} }, (_, n) => journal.lastRevision + 1 + n));
      console.log(last);
      if (last % 60 === 0) await journal.writeSnapshot(last, last);
    }
  } catch (error) {
    console.log(error.name + ": " + error.message);
    process.exitCode = 1;
  }
`;

it("P4: what was acknowledged in groups outlives kill -9, again and again", async () => {
  const directory = join(await tempDirectory(), "journal");
  for (let life = 1; life <= LIVES; life++) {
    const writer = spawnWriter(directory);
    const acknowledged = await revisionsUntil(writer, 40 * life);
    const rest = remainingLines(writer);
    writer.kill("SIGKILL");
    const lastTold = Number((await rest).at(-1) ?? acknowledged);
    expect(await recoveredRevision(directory)).toBeGreaterThanOrEqual(Math.max(acknowledged, lastTold));
  }
});

it("a disk without room ends the writer with a plain sentence, and loses nothing", async () => {
  const directory = join(await tempDirectory(), "journal");
  // No file may pass 64 KiB: to the process that is a disk without room, at its own time.
  const limited = spawnShell(`trap '' XFSZ; ulimit -f 128; exec "$0" "$@"`, [
    process.execPath,
    ...nodeArguments(directory),
  ]);
  const lines = await remainingLines(limited);
  expect(lines.at(-1)).toMatch(/^JournalError: The journal could not be written.* There is no room left to write in /);
  expect(await recoveredRevision(directory)).toBeGreaterThanOrEqual(Number(lines.at(-2)));
});

it("a directory that may not be written is refused with a plain sentence", async () => {
  const directory = await tempDirectory();
  await chmod(directory, 0o555);
  const lines = await remainingLines(spawnWriter(directory, "nobody"));
  expect(lines).toEqual([expect.stringMatching(/^StoreError: .* cannot be used .*this user may read and write\.$/)]);
  expect(lines[0]).toContain(directory);
});

it("a directory in use by another process is refused with a plain sentence", async () => {
  const directory = join(await tempDirectory(), "journal");
  const first = spawnWriter(directory);
  await revisionsUntil(first, GROUP);
  expect(await remainingLines(spawnWriter(directory))).toEqual([
    `StoreError: ${directory} is in use by another process; stop that one first.`,
  ]);
  first.kill("SIGKILL");
});

function nodeArguments(directory: string, as = "self"): string[] {
  return ["--input-type=module", "--eval", WRITER, directory, as];
}

function spawnWriter(directory: string, as?: "nobody"): ChildProcessWithoutNullStreams {
  return reaped(spawn(process.execPath, nodeArguments(directory, as)));
}

function spawnShell(script: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return reaped(spawn("sh", ["-c", script, ...args]));
}

function reaped(child: ChildProcessWithoutNullStreams): ChildProcessWithoutNullStreams {
  child.stderr.pipe(process.stderr);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Waits until a revision of at least `revision` is acknowledged; answers that one. */
function revisionsUntil(writer: ChildProcessWithoutNullStreams, revision: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: writer.stdout });
    let first: number | undefined;
    lines.on("line", (line) => {
      if (line === "open") return;
      const told = Number(line);
      if (Number.isNaN(told)) return reject(new Error(line));
      first ??= told;
      if (told >= first + revision - GROUP) resolve(told);
    });
    lines.on("close", () => reject(new Error("The writer ended early.")));
  });
}

async function remainingLines(writer: ChildProcessWithoutNullStreams): Promise<string[]> {
  let text = "";
  writer.stdout.on("data", (chunk) => {
    text += String(chunk);
  });
  await once(writer, "close");
  // The last line may be cut off where the process was killed.
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== "open");
}

/** Recovers, checks that the commands are exactly 1, 2, 3, …, and answers the last. */
async function recoveredRevision(directory: string): Promise<number> {
  const { journal, snapshot, records } = await openJournal(await openLevelStore(directory));
  await journal.close();
  const from = snapshot === undefined ? 0 : Number(snapshot.state);
  expect(from).toBe(snapshot?.revision ?? 0);
  expect(records.map(({ body }) => body)).toEqual(records.map((_, index) => from + 1 + index));
  expect(journal.lastRevision % GROUP).toBe(0);
  return journal.lastRevision;
}

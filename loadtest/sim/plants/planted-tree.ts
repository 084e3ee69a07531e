import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../../cluster/child.js";
import type { Cleanup } from "../../cluster/cleanup.js";
import { within } from "../../cluster/within.js";
import { type Plant, planted } from "./plant.js";

const TOP = fileURLToPath(new URL("../../../../", import.meta.url));
/** With what was built, so that the compiler has only to do what the plant changes. */
const COPIED = ["shared", "master", "proxy", "client", "cli", "loadtest", "dist", "package.json", "tsconfig.base.json"];
const TSC = join("node_modules", "typescript", "bin", "tsc");
const BUILD_MS = 300_000;

/** Copies the tree to a temporary directory, plants the bug there, and builds it. Answers where; the clean-up removes it. */
export async function plantTree(cleanup: Cleanup, plant: Plant): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), `octofleet-${plant.name}-`));
  cleanup.add(() => rm(copy, { recursive: true, force: true }));
  for (const name of COPIED.filter((each) => existsSync(join(TOP, each)))) {
    await cp(join(TOP, name), join(copy, name), { recursive: true, preserveTimestamps: true });
  }
  await symlink(join(TOP, "node_modules"), join(copy, "node_modules"), "dir");
  const changed = planted(plant, (file) => readFileSync(join(copy, file), "utf8"));
  for (const [file, text] of changed) await writeFile(join(copy, file), text);
  await build(cleanup, plant, copy);
  return copy;
}

/** Plants the bug in a copy, and starts the hunter that was built there. */
export async function startHunter(cleanup: Cleanup, plant: Plant): Promise<Child> {
  const hunter = join(await plantTree(cleanup, plant), "dist", "loadtest", "sim", "plants", "hunt.js");
  const child = await startChild(plant.name, process.execPath, [hunter], { ipc: true, cwd: TOP });
  cleanup.add(() => child.stop());
  return child;
}

async function build(cleanup: Cleanup, { name }: Plant, directory: string): Promise<void> {
  const args = [join(directory, TSC), "-b", join(directory, "loadtest")];
  const compiler = await startChild(`the compiler of ${name}`, process.execPath, args, { cwd: directory });
  cleanup.add(() => compiler.stop());
  const how = await within(BUILD_MS, compiler.gone, `${name} was not built`);
  if (how !== "ended with exit code 0") throw new Error(`The plant ${name} does not build:\n${compiler.tail()}`);
}

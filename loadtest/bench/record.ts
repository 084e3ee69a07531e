import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { machine } from "../report/machine.js";

/** Writes what a bench found as JSON, with where it was found. */
export async function writeRecord(file: string, found: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ ...found, environment: machine() }, null, 2)}\n`);
}

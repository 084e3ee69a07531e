import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { commitName } from "../../report/commit.js";
import { machine } from "../../report/machine.js";
import type { Outcome } from "../outcome.js";
import { benchPageOf } from "./page.js";

/** Draws what came of a bench as a page beside its record. Gives the page's path. */
export async function writePage(record: string, title: string, { bars, charts, flaws }: Outcome): Promise<string> {
  const file = record.replace(/(\.json)?$/, ".html");
  const facts = { title, commit: commitName(), machine: machine() };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, benchPageOf({ ...facts, bars, charts, flaws }));
  return file;
}

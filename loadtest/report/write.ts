import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pageOf } from "../page/page.js";
import type { Report, ReportFile } from "./schema.js";

/** Writes `report.json` and `report.html` of a run, or of all runs of a sweep, into a directory that may not be there yet. */
export async function writeReports(directory: string, reports: readonly Report[]): Promise<void> {
  const [only, ...others] = reports;
  const file: ReportFile | undefined =
    others.length === 0 ? only : { format: 1, sweep: [...reports], pass: reports.every(({ pass }) => pass) };
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "report.json"), `${JSON.stringify(file, null, 2)}\n`);
  await writeFile(join(directory, "report.html"), pageOf(reports));
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The `report.json` of a directory. */
export const reportIn = async (directory: string) => JSON.parse(await readFile(join(directory, "report.json"), "utf8"));

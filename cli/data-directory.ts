import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { operationError } from "./exit-error.js";

const OWNER_ONLY = 0o700;

/** Makes the directory where it is missing, and makes sure that this process can work in it. */
export async function openDataDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: OWNER_ONLY });
  } catch (error) {
    throw refused(path, "made", error);
  }
  await checkDataDirectory(path);
}

/** Makes sure that the directory is there and that this process can work in it. */
export async function checkDataDirectory(path: string): Promise<void> {
  try {
    if (!(await stat(path)).isDirectory()) throw operationError(`the data directory ${path} is no directory`);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refused(path, "read and written", error);
  }
}

function refused(path: string, what: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error as Error;
  if (code === "EEXIST" || code === "ENOTDIR") return operationError(`the data directory ${path} is no directory`);
  return operationError(`the data directory ${path} cannot be ${what} (${code}): choose another with --data`);
}

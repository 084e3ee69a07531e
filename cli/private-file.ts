import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { operationError, usageError } from "./exit-error.js";

/** Only its owner may read or write it. */
const OWNER_ONLY = 0o600;
const SECRET = /^[\x21-\x7e]{1,512}$/;

/** What is written in a file, or undefined if there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw operationError(`${path} cannot be read (${code})`);
  }
}

/** The content of a file that somebody named in `source` (a flag or variable). */
export async function readNamed(path: string, source: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw usageError(`${source}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The secret in a file's content: a single line. */
export function secretIn(content: string, path: string): string {
  const secret = content.trim();
  if (!SECRET.test(secret)) throw usageError(`${path} does not hold one line of 1 to 512 visible ASCII characters`);
  return secret;
}

/** A secret that outlives the process: read from the data directory, or made there for the first time. */
export async function keptSecret(
  directory: string,
  file: string,
  make: () => string,
): Promise<{ secret: string; path: string; made: boolean }> {
  const path = join(directory, file);
  const content = await readIfThere(path);
  if (content !== undefined) return { secret: secretIn(content, path), path, made: false };
  const secret = make();
  await writeWhole(path, `${secret}\n`);
  return { secret, path, made: true };
}

/** By way of another name, so that a crash leaves no half of it. */
async function writeWhole(path: string, content: string): Promise<void> {
  try {
    await writeFile(`${path}.new`, content, { mode: OWNER_ONLY });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw operationError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

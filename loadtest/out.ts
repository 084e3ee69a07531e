import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the directory in which something will be written, before anything that takes long begins. @throws Error with a sentence for people */
export async function readyDirectory(flag: string, directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${flag}: ${directory} is no directory in which files can be made (${code}). Name another one.`);
  }
}

/** The same for one file. @throws Error with a sentence for people */
export async function readyFile(flag: string, file: string): Promise<void> {
  await readyDirectory(flag, dirname(file));
  const there = await stat(file).catch(() => undefined);
  if (there?.isFile() === false) throw new Error(`${flag}: ${file} is there, and is no file. Name another one.`);
}

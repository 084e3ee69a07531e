import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Debian keeps servers where ordinary users do not look. */
const ALSO = ["/usr/sbin", "/usr/local/sbin"];

/** Where a program is, or undefined if nobody installed it, which is said. */
export async function installed(name: string, say: (text: string) => void): Promise<string | undefined> {
  const path = await onPath(name);
  if (path === undefined) say(`${name} is not on PATH: left out.`);
  return path;
}

/** Where a program is, or undefined if nobody installed it. */
export async function onPath(name: string): Promise<string | undefined> {
  const directories = [...(process.env.PATH ?? "").split(delimiter), ...ALSO].filter((directory) => directory !== "");
  for (const directory of directories) {
    const path = join(directory, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

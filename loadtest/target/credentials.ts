import { readFile } from "node:fs/promises";

const FILE_VARIABLE = "OCTOFLEET_STATIC_TOKENS_FILE";
const LIST_VARIABLE = "OCTOFLEET_STATIC_TOKENS";

/**
 * The tokens of those whom the clients are to be: of a file with one a line, else of the variables by which a master is
 * told of them. A name before a token says nothing here. Throws, with a reason for people, if there is none.
 */
export async function tokensFrom(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string[]> {
  const path = file ?? environment[FILE_VARIABLE];
  const text = path === undefined ? (environment[LIST_VARIABLE] ?? "").replaceAll(",", "\n") : await read(path);
  const tokens = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.slice(line.indexOf(":") + 1));
  if (tokens.length > 0) return [...new Set(tokens)];
  const whence = path === undefined ? "--tokens-file or OCTOFLEET_STATIC_TOKENS is needed" : `${path} holds no token`;
  throw new Error(`${whence}: one name:token, or token, for each user whom the clients are to be.`);
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

import { readFile } from "node:fs/promises";
import { Value } from "typebox/value";
import { CHUBBY_FILES, chubby, KEEP_ALIVES_PER_S } from "./chubby.js";
import { Mix } from "./mix.js";

const FEW_FILES = { ...CHUBBY_FILES, perClient: 1, absentShare: 0, namingShare: 1, over1KiBShare: 0 };
const keepAlive = { KeepAlive: KEEP_ALIVES_PER_S };
const plain = { files: { ...FEW_FILES, clientsPerFile: 1_000 }, failOverEveryS: 0, clientsPerElection: 1 };

/** A primary is asked for far more often than it changes. */
export const discovery = (failOverEveryS: number): Mix => ({
  ...plain,
  name: "discovery",
  about: `many who look up and watch few primaries, one of which fails over every ${failOverEveryS} s`,
  perClientPerS: { ...keepAlive, GetContentsAndStat: 1, GetStat: 1 },
  files: { ...FEW_FILES, clientsPerFile: 250 },
  failOverEveryS,
});

/** The mixes that have a name. */
export const MIXES: Readonly<Record<string, Mix>> = {
  chubby,
  keepalive: { ...plain, name: "keepalive", about: "sessions that only stay alive", perClientPerS: keepAlive },
  discovery: discovery(5),
  churn: {
    ...plain,
    name: "churn",
    about: "sessions that come and go: each lives for 20 s on average",
    perClientPerS: { ...keepAlive, CreateSession: 1 / 20 },
  },
  election: {
    ...plain,
    name: "election",
    about: "ten clients each that contend for a lock, as soon as it is free again, about twice a minute each",
    perClientPerS: { ...keepAlive, Elect: 1 / 30 },
    clientsPerElection: 10,
  },
};

/** A mix by its name, or from a JSON file. Rejects, with a reason for people, if it is neither. */
export async function mixOf(nameOrFile: string): Promise<Mix> {
  const named = Object.hasOwn(MIXES, nameOrFile) ? MIXES[nameOrFile] : undefined;
  if (named !== undefined) return named;
  const names = Object.keys(MIXES).join(", ");
  const text = await readFile(nameOrFile, "utf8").catch(() => {
    throw new Error(`${nameOrFile} is no mix (${names}), and no file that can be read.`);
  });
  return parseMix(nameOrFile, text);
}

function parseMix(file: string, text: string): Mix {
  let mix: unknown;
  try {
    mix = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}`);
  }
  if (Value.Check(Mix, mix)) return mix as Mix;
  const [first] = Value.Errors(Mix, mix);
  throw new Error(`${file} is no mix: ${first?.instancePath || "it"} ${first?.message ?? "does not fit"}.`);
}

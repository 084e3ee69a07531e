import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Where the command speaks to people. */
export interface Terminal {
  /** A line, or several, on stdout. Answers whether anybody may still be reading there. */
  say(text: string): boolean;
  /** A line on stderr, with the command's name before it. */
  complain(text: string): void;
  /** The text in a style, or as it is where nobody would see it (no terminal, NO_COLOR). */
  readonly paint: (style: Style, text: string) => string;
  /** For wrapping `--help`. */
  readonly columns: number;
}

const COLUMNS_MAX = 110;

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  // Whoever read us has gone (`octofleet start | head -1`, a closed window): that is no reason to die.
  let read = true;
  stdout.on("error", () => {
    read = false;
  });
  stderr.on("error", () => {});
  const colours = stdout.isTTY === true && !process.env.NO_COLOR;
  return {
    say: (text) => {
      stdout.write(`${text}\n`);
      return read;
    },
    complain: (text) => void stderr.write(`octofleet: ${text}\n`),
    paint: (style, text) => (colours ? styleText(style, text) : text),
    columns: Math.min(stdout.columns ?? COLUMNS_MAX, COLUMNS_MAX),
  };
}

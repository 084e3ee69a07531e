/** Rows of a table on one line: what is serialised, or parsed, at a time. */
const ROWS_PER_LINE = 256;
/** Characters of a chunk, about: below 1 MiB, as a character has at most three bytes of UTF-8. */
const CHUNK_CHARS = 256 * 1024;

/**
 * The text of a state: JSON on one line, or on several if it has long tables. An engine's strings end at half a gigabyte,
 * and to serialise or parse that much takes seconds in which nothing else happens.
 *
 * The first line is the state, without the rows of its long tables (the arrays among its fields); each line after it is
 * a table's name and some of its rows.
 */
export function* linesOf(state: unknown): Generator<string> {
  const tables = longTablesOf(state);
  const emptied = Object.fromEntries(tables.map(([name]) => [name, []]));
  yield JSON.stringify(tables.length === 0 ? state : { ...(state as object), ...emptied });
  for (const [name, rows] of tables) {
    for (let at = 0; at < rows.length; at += ROWS_PER_LINE) {
      yield JSON.stringify([name, rows.slice(at, at + ROWS_PER_LINE)]);
    }
  }
}

function longTablesOf(state: unknown): (readonly [string, readonly unknown[]])[] {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return [];
  return Object.entries(state).flatMap(([name, rows]: [string, unknown]) =>
    Array.isArray(rows) && rows.length > ROWS_PER_LINE ? [[name, rows] as const] : [],
  );
}

/** Cuts lines, and puts newlines between them, into chunks of about the same size. */
export function* chunksOf(lines: Iterable<string>): Generator<string> {
  let text = "";
  let isFirst = true;
  for (const line of lines) {
    text += isFirst ? line : `\n${line}`;
    isFirst = false;
    for (; text.length > CHUNK_CHARS; text = text.slice(endOfChunk(text))) yield text.slice(0, endOfChunk(text));
  }
  yield text;
}

/** Half of a surrogate pair would not survive as UTF-8. */
function endOfChunk(text: string): number {
  return isHighSurrogate(text.charCodeAt(CHUNK_CHARS - 1)) ? CHUNK_CHARS - 1 : CHUNK_CHARS;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

/** Takes the chunks of a state's text in order, and gives the state. Throws for what is none. */
export class StateReader {
  #state: unknown;
  #hasState = false;
  /** Of the line that is not complete. */
  #parts: string[] = [];

  take(chunk: string): void {
    const [first, ...rest] = chunk.split("\n") as [string, ...string[]];
    this.#parts.push(first);
    for (const line of rest) {
      this.#line();
      this.#parts.push(line);
    }
  }

  end(): unknown {
    this.#line();
    return this.#state;
  }

  #line(): void {
    const value: unknown = JSON.parse(this.#parts.join(""));
    this.#parts = [];
    if (this.#hasState) this.#add(value as [string, unknown[]]);
    else this.#state = value;
    this.#hasState = true;
  }

  #add([name, rows]: [string, unknown[]]): void {
    ((this.#state as Record<string, unknown>)[name] as unknown[]).push(...rows);
  }
}

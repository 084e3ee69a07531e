const COLUMNS_DEFAULT = 80;

/** Lines at the end of a terminal (stderr) that are drawn over and over. */
export class LiveBlock {
  #lines = 0;

  /** Whether there is a terminal. */
  get isShown(): boolean {
    return process.stderr.isTTY;
  }

  /** Draws them in place of those before. Each is cut to the terminal's width, for a line that wraps cannot be drawn over. */
  draw(lines: readonly string[]): void {
    const columns = process.stderr.columns || COLUMNS_DEFAULT;
    const text = lines.map((line) => `${line.slice(0, columns - 1)}\x1b[K\n`).join("");
    process.stderr.write(`${this.#up()}${text}\x1b[J`);
    this.#lines = lines.length;
  }

  /** Takes them away. */
  clear(): void {
    if (this.#lines > 0) process.stderr.write(`${this.#up()}\x1b[J`);
    this.#lines = 0;
  }

  #up(): string {
    return this.#lines === 0 ? "" : `\x1b[${this.#lines}A\r`;
  }
}

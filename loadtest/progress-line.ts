const QUIET_MS = 5_000;

/** Says on stderr how far something has come: one line that is written over on a terminal, else a line now and then. */
export class ProgressLine {
  #saidMs = Number.NEGATIVE_INFINITY;
  #said = "";

  say(text: string): void {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
    else if (performance.now() - this.#saidMs > QUIET_MS) {
      this.#saidMs = performance.now();
      this.#said = text;
      process.stderr.write(`${text}\n`);
    }
  }

  /** Something that is to be read afterwards, too. */
  note(text: string): void {
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }

  /** The last word on it. */
  end(text: string): void {
    if (process.stderr.isTTY || text !== this.#said) this.note(text);
  }
}

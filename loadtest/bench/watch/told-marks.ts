import { machineMs } from "../sessions/machine-time.js";
import type { Told } from "./messages.js";

const KEPT_MARKS = 4;
const MARK = /mark-\d+/;

/** When each watcher of a process was told of a change, which its mark names. */
export class ToldMarks {
  readonly #told = new Map<string, number[]>();
  #watchers = 0;
  #failures = 0;
  /** Of the mark that is waited for. */
  #onComplete: { readonly mark: string; readonly fn: () => void } | undefined;

  /** So many more are to be told. */
  expect(watchers: number): void {
    this.#watchers += watchers;
  }

  onTold(text: string): void {
    const mark = MARK.exec(text)?.[0];
    if (mark === undefined) return;
    const times = this.#told.get(mark) ?? [];
    if (times.push(machineMs()) === 1) this.#told.set(mark, times);
    if (times.length === this.#watchers && this.#onComplete?.mark === mark) this.#onComplete.fn();
  }

  onFailure(): void {
    this.#failures += 1;
  }

  /** Resolves when all have been told of it, or the time is over. */
  async take(mark: string, withinMs: number): Promise<Told> {
    if (this.#told.get(mark)?.length !== this.#watchers) await this.#complete(mark, withinMs);
    const atMs = this.#told.get(mark) ?? [];
    for (const old of [...this.#told.keys()].slice(0, -KEPT_MARKS)) this.#told.delete(old);
    return { atMs, failures: this.#failures };
  }

  nothingYet(): Told {
    return { atMs: [], failures: this.#failures };
  }

  #complete(mark: string, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onComplete = {
        mark,
        fn: () => {
          clearTimeout(timer);
          resolve();
        },
      };
    });
  }
}

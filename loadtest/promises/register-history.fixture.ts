import type { Clock } from "../../shared/ports/clock.js";

interface Read {
  readonly where: string;
  readonly fromMs: number;
  /** The newest value that was answered or shown when it began. */
  readonly atLeast: number;
}

/**
 * What clients saw of one register whose values are 1, 2, 3, …, written one after the other (0: as it began).
 *
 * For such a register linearizability is three plain conditions: no read shows a value that nobody has begun
 * to write, or one older than the last that was answered before the read began, or one older than what an
 * earlier read has shown (P3; compare Herlihy and Wing, TOPLAS 1990). They are checked as it goes.
 */
export class RegisterHistory {
  /** Everything that no linearizable register could have shown; empty if all is well. */
  readonly violations: string[] = [];
  /** How long each write took, in ms. */
  readonly writesMs: number[] = [];
  reads = 0;
  readonly #clock: Clock;
  #begun = 0;
  #newest = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async write(value: number, write: () => Promise<unknown>): Promise<void> {
    const fromMs = this.#clock.monotonicMs();
    this.#begun = value;
    await write();
    this.#newest = Math.max(this.#newest, value);
    this.writesMs.push(this.#clock.monotonicMs() - fromMs);
  }

  async read(where: string, read: () => Promise<number>): Promise<void> {
    const begun = { where, fromMs: this.#clock.monotonicMs(), atLeast: this.#newest };
    this.#shown(begun, await read());
  }

  #shown({ where, fromMs, atLeast }: Read, value: number): void {
    this.reads += 1;
    const what = `read at ${where} from ${fromMs} to ${this.#clock.monotonicMs()} ms: ${value}`;
    if (value > this.#begun) this.violations.push(`${what}, which nobody has begun to write`);
    if (value < atLeast) this.violations.push(`${what}, though ${atLeast} was answered or shown before it began`);
    this.#newest = Math.max(this.#newest, value);
  }
}

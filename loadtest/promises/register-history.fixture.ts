import type { Clock } from "../../shared/ports/clock.js";

interface Step {
  readonly fromMs: number;
  /** Undefined while it is under way; an operation that never ended may have taken effect at any time. */
  toMs: number | undefined;
  readonly value: number;
}

/**
 * What clients saw of one register whose values are 1, 2, 3, …, written one after the other (0: as it began).
 *
 * For such a register linearizability is three plain conditions: no read shows a value that nobody has begun
 * to write, or one older than the last that was answered before the read began, or one older than what an
 * earlier read has shown (P3; compare Herlihy and Wing, TOPLAS 1990).
 */
export class RegisterHistory {
  readonly #clock: Clock;
  readonly #writes: Step[] = [];
  readonly #reads: (Step & { readonly where: string })[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get readCount(): number {
    return this.#reads.length;
  }

  /** How long each write took that was answered, in ms. */
  writesMs(): number[] {
    return this.#writes.flatMap(({ fromMs, toMs }) => (toMs === undefined ? [] : [toMs - fromMs]));
  }

  async write(value: number, write: () => Promise<unknown>): Promise<void> {
    const step: Step = { fromMs: this.#clock.monotonicMs(), toMs: undefined, value };
    this.#writes.push(step);
    await write();
    step.toMs = this.#clock.monotonicMs();
  }

  async read(where: string, read: () => Promise<number>): Promise<void> {
    const fromMs = this.#clock.monotonicMs();
    const value = await read();
    this.#reads.push({ where, fromMs, toMs: this.#clock.monotonicMs(), value });
  }

  /** Everything that no linearizable register could have shown; empty if all is well. */
  violations(): string[] {
    return this.#reads.flatMap((read) => {
      const endMs = read.toMs as number;
      const begun = Math.max(0, ...this.#writes.filter(({ fromMs }) => fromMs <= endMs).map(({ value }) => value));
      const answered = valueBefore(read.fromMs, this.#writes);
      const shown = valueBefore(read.fromMs, this.#reads);
      const what = `read at ${read.where}, ${read.fromMs}-${endMs} ms: ${read.value}`;
      if (read.value > begun) return [`${what}, which nobody has written`];
      if (read.value < answered) return [`${what}, though ${answered} was answered before`];
      return read.value < shown ? [`${what}, though ${shown} was read before`] : [];
    });
  }
}

const valueBefore = (atMs: number, steps: readonly Step[]): number =>
  Math.max(0, ...steps.filter(({ toMs }) => toMs !== undefined && toMs < atMs).map(({ value }) => value));

import { SimRandom } from "../../shared/sim/sim-random.js";

const BURSTS = 14;
/** Races need things that happen at nearly the same time, and not always the same nearly. */
const BURST_SPREADS_MS = [3, 30, 300, 2_000];
const IN_A_BURST = 0.75;

/** What a seed has in store. */
export class Dice extends SimRandom {
  #bursts: readonly number[] = [];
  #untilMs = 0;

  /** Chooses when much happens at nearly the same time; before the first `time`. */
  layBursts(untilMs: number): void {
    this.#untilMs = untilMs;
    this.#bursts = this.times(BURSTS, () => this.fraction() * untilMs);
  }

  /** An instant before the end, mostly in a burst. */
  time(): number {
    if (!this.chance(IN_A_BURST)) return this.fraction() * this.#untilMs;
    return Math.min(this.#untilMs, this.pick(this.#bursts) + this.fraction() * this.pick(BURST_SPREADS_MS));
  }

  pick<T>(among: readonly T[]): T {
    return among[this.int(among.length)] as T;
  }

  times<T>(count: number, make: (index: number) => T): T[] {
    return Array.from({ length: count }, (_, index) => make(index));
  }

  word(): string {
    return this.hex(2);
  }
}

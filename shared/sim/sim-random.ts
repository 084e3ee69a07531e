import type { Random } from "../ports/random.js";

const WORD = 2 ** 32;
const WARM_UP = 15;

/**
 * Randomness that a seed determines: the sfc32 generator (Chris Doty-Humphrey's PractRand). Never for secrets.
 *
 * Each part of a simulation takes a `fork` of its own, so that a draw more in one does not change all the others.
 */
export class SimRandom implements Random {
  readonly #seed: string;
  readonly #state: Uint32Array;

  constructor(seed: number | string) {
    this.#seed = String(seed);
    const word = (salt: number) => hashText(this.#seed, salt);
    this.#state = Uint32Array.of(word(1), word(2), word(3), 1);
    for (let i = 0; i < WARM_UP; i++) this.#word();
  }

  hex(bytes: number): string {
    let text = "";
    while (text.length < 2 * bytes) text += this.#word().toString(16).padStart(8, "0");
    return text.slice(0, 2 * bytes);
  }

  uuid(): string {
    const hex = this.hex(16);
    const variant = (8 + this.int(4)).toString(16);
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `${variant}${hex.slice(17, 20)}`,
      hex.slice(20),
    ].join("-");
  }

  fraction(): number {
    return this.#word() / WORD;
  }

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  /** True with this probability; 0 is never, 1 is always. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A generator of its own for one part: determined by seed and label alone, whatever was drawn here before. */
  fork(label: string): SimRandom {
    return new SimRandom(`${this.#seed}/${label}`);
  }

  #word(): number {
    const state = this.#state as unknown as [number, number, number, number];
    const [a, b, c, counter] = state;
    const word = (a + b + counter) >>> 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + word;
    return word;
  }
}

/** FNV-1a over UTF-16 units, begun at a salt of its own, with MurmurHash3's finish. */
function hashText(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

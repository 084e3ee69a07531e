/** Randomness, as the client sees it. The real one is cryptographic. */
export interface Random {
  /** `bytes` random bytes as lower-case hex, twice as many characters. */
  hex(bytes: number): string;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
}

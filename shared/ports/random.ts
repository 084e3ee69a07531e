/** Randomness, as every room of the cell sees it. The real one is cryptographic. */
export interface Random {
  /** `bytes` random bytes as lower-case hex, twice as many characters. */
  hex(bytes: number): string;
  /** A random UUID, version 4 (RFC 9562, section 5.4). */
  uuid(): string;
  /** A number in [0, 1), for jitter. */
  fraction(): number;
}

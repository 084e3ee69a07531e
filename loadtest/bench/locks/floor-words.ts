/** As many characters as a proxy's write has on average of an acquire and a release, the master's record of it, and its result. */
export const WRITE = "w".repeat(285);
export const RECORD = "r".repeat(600);
export const RESULT = "a".repeat(134);

/** What the floor's outer half asks of the inner one. */
export interface FloorWrite {
  readonly write: string;
  /** Whom to tell over NATS when it is on disk; null for nobody. */
  readonly tell: string | null;
}

/** The subject on which they are told. */
export const FLOOR_TOLD = "floor.told";

/** What the floor's halves say to each other. */
export interface FloorRecord {
  readonly value: string;
  /** Whom to tell over NATS when it is on disk; null for nobody. */
  readonly tell: string | null;
}

/** The subject on which they are told. */
export const FLOOR_TOLD = "floor.told";

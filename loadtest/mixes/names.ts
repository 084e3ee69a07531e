import type { SimRandom } from "../../shared/sim/sim-random.js";
import { ABSENT_SHARE } from "./chubby.js";

/** Locks that are held, all run long, and locks that never exist. */
export const HELD_LOCKS = 96;
const ABSENT_LOCKS = Math.round((HELD_LOCKS * ABSENT_SHARE) / (1 - ABSENT_SHARE));

export const heldLock = (index: number): string => `load/held-${index}`;
const absentLock = (index: number): string => `load/absent-${index}`;

/** Every name that is ever looked up. */
export const allNames = (): string[] => [
  ...Array.from({ length: HELD_LOCKS }, (_, index) => heldLock(index)),
  ...Array.from({ length: ABSENT_LOCKS }, (_, index) => absentLock(index)),
];

/** A name that somebody looks up, held or absent. */
export function lookedUpName(random: SimRandom): string {
  return random.chance(ABSENT_SHARE) ? absentLock(random.int(ABSENT_LOCKS)) : heldLock(random.int(HELD_LOCKS));
}

import type { Dice } from "../clients/dice.js";
import type { SessionAction } from "../sim/sessions/session-action.js";

const LEASES_MS = [5_000, 5_000, 6_000];

/** What a program with a session does next: again and again it has to open one, since sessions end. */
export function sessionMoves(dice: Dice, locks: readonly string[]): readonly SessionAction[] {
  return [{ kind: "open", leaseMs: dice.pick(LEASES_MS) }, move(dice, dice.pick(locks))];
}

function move(dice: Dice, lock: string): SessionAction {
  switch (dice.int(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6: {
      const lockDelayMs = dice.pick([0, 0, 0, 0, 1_000]);
      return { kind: "take", lock, wait: dice.chance(0.7), metadata: dice.word(), lockDelayMs };
    }
    case 7:
    case 8:
    case 9:
      return { kind: "drop", lock };
    case 10:
    case 11:
      return { kind: "mark", lock, metadata: dice.word() };
    case 12:
      return { kind: "giveUp", lock };
    case 13:
      return dice.chance(0.15) ? { kind: "leave" } : { kind: "drop", lock };
    case 14:
      return { kind: "watch", target: { name: lock } };
    case 15:
      return { kind: "watch", target: { prefix: dice.pick(["", "chaos/"]) } };
    case 16:
      return dice.chance(0.1) ? { kind: "unwatch" } : { kind: "look", lock };
    default:
      return { kind: "look", lock };
  }
}

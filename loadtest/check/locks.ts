import { type CheckLimits, checkLinearizable, type Verdict } from "./linearizable.js";
import { lockModel, withExpiries } from "./lock-model.js";
import type { LockOperation } from "./lock-operation.js";

/** P3: whether all reads and commands of the locks' clients fit one order, lock by lock. Answers that were asked
 * for as stale do not belong in the history. */
export function checkLocks(history: readonly LockOperation[], limits: CheckLimits = {}): Verdict {
  return checkLinearizable(lockModel, withExpiries(history), limits);
}

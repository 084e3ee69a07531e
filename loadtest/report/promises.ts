import { brokenFencing } from "../check/fencing.js";
import type { LockOperation } from "../check/lock-operation.js";
import { checkLocks } from "../check/locks.js";
import { brokenExclusion } from "../check/mutual-exclusion.js";
import { lostWrites } from "../check/nothing-lost.js";
import type { Promises } from "./phase.js";

const STEPS_MAX = 200_000;
const SHOWN_MAX = 10;

/** Holds what the clients were told against the promises: a fast answer that is wrong is worth nothing. */
export function judgePromises(history: readonly LockOperation[]): Promises {
  const writes = history.filter(({ call }) => call.kind !== "read");
  const fresh = checkLocks(history, { stepsMax: STEPS_MAX });
  const broken = [
    ...brokenExclusion(writes).map((text) => `P1 mutual exclusion: ${text}`),
    ...brokenFencing(writes).map((text) => `P2 fencing: ${text}`),
    ...(fresh.verdict === "broken" ? [`P3 fresh reads: ${fresh.explanation}`] : []),
    ...lostWrites(history).map((text) => `P4 nothing lost: ${text}`),
  ];
  return { judged: history.length, broken: broken.slice(0, SHOWN_MAX), undecided: fresh.verdict === "undecided" };
}

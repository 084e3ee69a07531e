import { setTimeout as pause } from "node:timers/promises";

const LIMIT_MS = 20_000;
const STEP_MS = 5;

/** Waits in real time until the predicate holds. The limit only ends a test that has failed already. */
export async function until(predicate: () => boolean): Promise<void> {
  for (let waitedMs = 0; !predicate(); waitedMs += STEP_MS) {
    if (waitedMs > LIMIT_MS) throw new Error("What was waited for did not happen.");
    await pause(STEP_MS);
  }
}

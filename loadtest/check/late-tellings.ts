import type { Trouble } from "./dead-clients.js";
import type { Watched } from "./session-evidence.js";

const AT_ONCE_MS = 500;

/**
 * Rule W1: a change is told by the bus, or asked for as soon as the bus shows that it could not carry it; nobody waits
 * for the next renewal. One sentence for each watch that was told late of a change while nothing was wrong.
 * `committedMs`: when each revision was written to the journal.
 */
export function lateTellings(
  watches: readonly Watched[],
  committedMs: ReadonlyMap<number, number>,
  troubles: readonly Trouble[],
): string[] {
  return watches.flatMap(({ client, target, items }) => {
    const late = items.find(({ type, revision, atMs }) => {
      const fromMs = committedMs.get(revision) ?? atMs;
      const isTroubled = troubles.some((trouble) => trouble.fromMs <= atMs && trouble.untilMs >= fromMs);
      return type === "change" && atMs - fromMs > AT_ONCE_MS && !isTroubled;
    });
    if (late === undefined) return [];
    const { revision, atMs } = late;
    const watch = `The watch of ${JSON.stringify(target)} by ${client}`;
    return [`${watch} was told at ${atMs} ms of revision ${revision}, journaled at ${committedMs.get(revision)} ms.`];
  });
}

import type { Entry } from "../../shared/protocol/entries.js";
import type { Change, Commit } from "../../shared/protocol/link.js";
import type { Outcome } from "../cell/outcome.js";

/** What a command changed, as watchers and caches hear of it. Undefined if there is nothing for them to hear. */
export function commitOf(
  { touched, grants }: Outcome,
  revision: number,
  entryNow: (key: string) => Entry,
): Commit | undefined {
  const changes: Change[] = [];
  for (const { key, event } of touched) if (event !== null) changes.push({ entry: entryNow(key), event });
  if (changes.length === 0) return undefined;
  return grants.length === 0 ? { revision, changes } : { revision, changes, grants: [...grants] };
}
